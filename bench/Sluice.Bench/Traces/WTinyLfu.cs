namespace Sluice.Bench.Traces;

/// <summary>
/// W-TinyLFU (Einziger, Friedman, Manes: "TinyLFU: a highly efficient cache admission policy", TOS 2017) as Caffeine has
/// it: an LRU window of 1 %, a segmented LRU (80 % of it protected), a sketch of frequencies that is halved after ten
/// times as many accesses as there are entries. What leaves the window competes with the victims of the main part: one
/// after the other (Caffeine), or with the sum of all it would push out ("Lightweight robust size aware cache
/// management", TOS 2022). With <paramref name="climbs"/> the window's share follows the hit ratio, as Caffeine's does.
/// </summary>
internal sealed class WTinyLfu : Contender
{
    private const double FirstWindow = 0.01;
    private const double ClimbStep = 0.0625;
    private const double ClimbDecay = 0.98;
    private const double ClimbRestart = 0.05;

    private readonly bool _climbs;
    private readonly bool _sumsVictims;
    private readonly Links _links;
    private readonly Chain _window;
    private readonly Chain _probation;
    private readonly Chain _protected;
    private readonly byte[] _frequencies; // exact: the best that a sketch can be
    private int _additions;
    private int _most;
    private double _windowShare = FirstWindow;
    private double _step = -ClimbStep;
    private double _lastRatio;
    private int _hits;
    private int _asked;

    public WTinyLfu(long[] costs, long capacity, bool climbs, bool sumsVictims) : base(costs, capacity)
    {
        (_climbs, _sumsVictims) = (climbs, sumsVictims);
        _links = new Links(costs.Length);
        (_window, _probation, _protected) = (new Chain(_links, costs), new Chain(_links, costs), new Chain(_links, costs));
        _frequencies = new byte[costs.Length];
    }

    private int Count => _window.Count + _probation.Count + _protected.Count;

    private long MainBytes => Capacity - (long)(Capacity * _windowShare);

    public override bool Ask(int id)
    {
        CountAccess(id);
        Climb(_links.Owner[id] is not null);
        var owner = _links.Owner[id]; // a window that shrinks may have moved it
        if (owner is null)
        {
            if (Costs[id] <= Capacity)
            {
                _window.Push(id);
                Settle();
            }
            return false;
        }
        owner.Remove(id);
        (owner == _window ? _window : _protected).Push(id);
        while (_protected.Bytes > MainBytes * 0.8)
            _probation.Push(_protected.Pop());
        return true;
    }

    private void Settle()
    {
        while (_window.Bytes > Capacity - MainBytes && _window.Count > 0)
            Admit(_window.Pop());
    }

    private void Admit(int candidate)
    {
        var room = MainBytes - _probation.Bytes - _protected.Bytes;
        if (Costs[candidate] > MainBytes)
            return;
        if (_sumsVictims)
        {
            var sum = 0;
            var free = room;
            var victims = new List<int>();
            for (var victim = First(); free < Costs[candidate]; victim = After(victim))
            {
                victims.Add(victim);
                free += Costs[victim];
                sum += _frequencies[victim];
                if (sum >= _frequencies[candidate])
                    return;
            }
            foreach (var victim in victims)
                _links.Owner[victim]!.Remove(victim);
        }
        else
        {
            for (; room < Costs[candidate]; room = MainBytes - _probation.Bytes - _protected.Bytes)
            {
                var victim = First();
                if (_frequencies[candidate] <= _frequencies[victim])
                    return;
                _links.Owner[victim]!.Remove(victim);
            }
        }
        _probation.Push(candidate);

        int First() => _probation.Count > 0 ? _probation.Oldest : _protected.Oldest;
        int After(int id) => _links.Newer[id] >= 0 ? _links.Newer[id] : _protected.Oldest;
    }

    private void CountAccess(int id)
    {
        if (_frequencies[id] < 15)
            _frequencies[id]++;
        _most = Math.Max(_most, Count);
        if (++_additions < 10 * Math.Max(_most, 16))
            return;
        for (var i = 0; i < _frequencies.Length; i++)
            _frequencies[i] >>= 1;
        _additions /= 2;
    }

    private void Climb(bool hit)
    {
        if (!_climbs)
            return;
        _hits += hit ? 1 : 0;
        if (++_asked < 10 * Math.Max(Count, 16))
            return;
        var ratio = (double)_hits / _asked;
        var change = ratio - _lastRatio;
        var amount = change >= 0 ? _step : -_step;
        _step = Math.Abs(change) >= ClimbRestart ? Math.CopySign(ClimbStep, amount) : amount * ClimbDecay;
        (_lastRatio, _hits, _asked) = (ratio, 0, 0);
        _windowShare = Math.Clamp(_windowShare + amount, 0.002, 0.8);
        Settle();
        while (_protected.Bytes > MainBytes * 0.8)
            _probation.Push(_protected.Pop());
        while (_window.Bytes + _probation.Bytes + _protected.Bytes > Capacity && _probation.Count > 0)
            _probation.Pop();
    }
}
