using System.Text;
using BenchmarkDotNet.Attributes;
using Sluice.Policy.Lists;

namespace Sluice.Bench;

/// <summary>What does a list of so many domains cost: to load from a file's bytes, to keep, and to ask, host by host?
/// So many hosts are asked for in turn; of 65,536 the core's own caches hold little.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class DomainBenchmarks
{
    private string[] _listed = [];
    private string[] _below = [];
    private string[] _other = [];
    private string[] _deep = [];
    private byte[] _content = [];
    private DomainSet _set = null!;
    private int _next;

    [Params(10_000, 100_000, 1_000_000)]
    public int Domains { get; set; }

    [Params(4096, 65_536)]
    public int Asked { get; set; }

    [GlobalSetup]
    public void Generate()
    {
        var random = new Random(1);
        var lines = DomainNames.Lines(random, Domains).ToArray();
        _content = Encoding.ASCII.GetBytes(string.Join('\n', lines));
        MakeSet();
        (_listed, _below, _other, _deep) = (new string[Asked], new string[Asked], new string[Asked], new string[Asked]);
        for (var i = 0; i < Asked; i++)
        {
            var line = lines[random.Next(Domains / 2) * 2];
            _listed[i] = line[1..];
            _below[i] = $"www.a.b{line}";
            do
                _other[i] = DomainNames.Next(random);
            while (_set.TryFind(_other[i], out _));
            _deep[i] = $"www.a.b.{_other[i]}";
        }
    }

    [Benchmark]
    public object Load() => ListContent.Read(new MemoryStream(_content), "list", _content.Length);

    [Benchmark]
    public bool Hit() => _set.TryFind(_listed[_next++ & (_listed.Length - 1)], out _);

    [Benchmark]
    public bool HitThreeLabelsBelow() => _set.TryFind(_below[_next++ & (_below.Length - 1)], out _);

    [Benchmark]
    public bool Miss() => _set.TryFind(_other[_next++ & (_other.Length - 1)], out _);

    [Benchmark]
    public bool MissThreeLabelsDeeper() => _set.TryFind(_deep[_next++ & (_deep.Length - 1)], out _);

    // And says what it keeps, by the heap and by its own account.
    private void MakeSet()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var builder = new DomainSetBuilder(_content.Length);
        var number = 0;
        foreach (var range in _content.AsSpan().Split((byte)'\n'))
        {
            var line = _content.AsSpan(range);
            builder.Add(line[0] == '.' ? line[1..] : line, line[0] == '.' ? EntryKind.Domain : EntryKind.Host, ++number);
        }
        _set = builder.Build();
        builder = null;
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"// {Domains} domains of {(double)_content.Length / Domains - 1.5:F1} octets: {(double)kept / Domains:F1} octets each by the heap, {(double)_set.Bytes / Domains:F1} by its arrays");
    }
}
