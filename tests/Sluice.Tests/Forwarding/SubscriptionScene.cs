using Microsoft.Extensions.Logging;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Tests.Kit;
using Sluice.Tests.Policy;
using Sluice.Upstream;

namespace Sluice.Tests.Forwarding;

/// <summary>One list that a rule subscribes to, in a folder of its own, under a clock that the test moves. It can be started again.</summary>
internal sealed class SubscriptionScene : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SubscriptionOptions _options;
    private readonly SubscribedList _list;
    private readonly LoggerFactory _loggers;
    private UpstreamPool? _upstream;

    public SubscriptionScene(string url, bool filters = false, long maxBytes = 1 << 20)
    {
        _list = SubscribedList.In(_folder.File("lists"), new Uri(url), filters);
        _options = new SubscriptionOptions { Lists = [_list], MaxBytes = maxBytes };
        _loggers = new LoggerFactory([Log]);
        Open();
    }

    public LogLines Log { get; } = new();

    public ManualTime Time { get; } = new();

    public ListSubscriptions Subscriptions { get; private set; } = null!;

    public Censor Censor { get; private set; } = null!;

    public SubscriptionState State => Subscriptions.States.Single();

    public string Path => _list.Path;

    public string? Copy => File.Exists(Path) ? File.ReadAllText(Path) : null;

    public string[] Files => [.. Directory.GetFiles(System.IO.Path.GetDirectoryName(Path)!).Select(file => System.IO.Path.GetExtension(file)).Order()];

    /// <summary>Starts, and waits for what is asked for at once.</summary>
    public Task StartAsync()
    {
        Subscriptions.Start();
        return Subscriptions.Settled.Within();
    }

    public Task AskAsync() => Task.WhenAll(Subscriptions.Ask()).Within();

    /// <summary>Moves the clock to the moment when it is asked for by itself. Not beyond: time limits would pass, too.</summary>
    public Task PassToNextAsync() => PassAsync(State.Next!.Value - Time.GetUtcNow());

    public Task PassAsync(TimeSpan span)
    {
        Time.Advance(span);
        return Subscriptions.Settled.Within();
    }

    /// <summary>After the copies have been looked at twice.</summary>
    public bool Denies(string host)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        Time.Advance(TimeSpan.FromSeconds(1));
        return Censor.Judge("p", Ask.Get($"http://{host}/")).Denies;
    }

    /// <summary>As a process that ends and one that begins.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        Open();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _loggers.Dispose();
        _folder.Dispose();
    }

    private void Open()
    {
        _upstream = new UpstreamPool(new Dialer(Time), Proxy.UpstreamOptionsOf(new LimitOptions()), Time);
        Subscriptions = new ListSubscriptions(_options, _upstream, guard => new AddressRules([], [], guard), Time, _loggers.CreateLogger("lists"));
        var rule = new RuleOptions { Id = "r", Action = RuleAction.Deny, HostsFile = _list.Filters ? null : Path, Filters = _list.Filters ? [Path] : [] };
        Censor = Censor.Load([new PolicyOptions { Name = "p", DefaultAllows = true, Rules = [rule] }], Time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Censor;
    }

    private async Task CloseAsync()
    {
        await Subscriptions.DisposeAsync();
        await Censor.DisposeAsync();
        _upstream!.Dispose();
    }
}
