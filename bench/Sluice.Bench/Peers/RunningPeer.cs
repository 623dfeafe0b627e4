using System.Globalization;

namespace Sluice.Bench.Peers;

/// <summary>A peer that was started for one job, and its figures.</summary>
internal sealed class RunningPeer : IAsyncDisposable
{
    private readonly List<Child> _programs = [];
    private readonly Dictionary<Form, int> _ports = [];
    private readonly string _folder;
    private readonly string _store;

    private RunningPeer(Peer peer, string folder, string store)
    {
        Peer = peer;
        _folder = folder;
        _store = store;
    }

    public Peer Peer { get; }

    /// <summary>The TCP listener that leads to <see cref="Stage.SinkPort"/>; the one of <see cref="Form.Tcp"/> leads to the origin.</summary>
    public int BulkPort { get; private set; }

    public int Port(Form form) => _ports[form];

    /// <exception cref="InvalidOperationException">It does not run; the message holds its last words.</exception>
    public static async Task<RunningPeer> StartAsync(Peer peer, Stage stage, CancellationToken cancel)
    {
        var running = new RunningPeer(peer, stage.NewFolder(peer.Name), stage.NewStore(peer.Name));
        try
        {
            await running.StartAsync(stage, cancel);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <summary>CPU seconds so far by program name; those of a program beside the peer, as HAProxy's syslog daemon, under "(not counted)".</summary>
    public Dictionary<string, double> Cpu()
    {
        var cpu = new Dictionary<string, double>();
        foreach (var program in _programs)
        {
            foreach (var pid in ProcessFigures.Tree(program.Id))
            {
                var name = program.Counted ? ProcessFigures.Name(pid) : Round.NotCounted;
                cpu[name] = cpu.GetValueOrDefault(name) + ProcessFigures.CpuSeconds(pid);
            }
        }
        return cpu;
    }

    public Memory Memory() =>
        _programs.Where(program => program.Counted).SelectMany(program => ProcessFigures.Tree(program.Id))
            .Aggregate(default(Memory), (sum, pid) => sum + ProcessFigures.Memory(pid));

    /// <summary>Lines in its access logs so far.</summary>
    public long LogLines()
    {
        long lines = 0;
        var block = new byte[1 << 20];
        foreach (var log in Peer.Logs.Select(name => Path.Combine(_folder, name)).Where(File.Exists))
        {
            using var file = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            for (int read; (read = file.Read(block)) > 0;)
                lines += block.AsSpan(0, read).Count((byte)'\n');
        }
        return lines;
    }

    public bool HasEnded => _programs.Any(program => program.HasEnded);

    public string Tail() => string.Join(" | ", _programs.Select(program => program.Tail()));

    public async ValueTask DisposeAsync()
    {
        foreach (var program in Enumerable.Reverse(_programs))
            await program.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        if (Directory.Exists(_store))
            Directory.Delete(_store, recursive: true);
    }

    private async Task StartAsync(Stage stage, CancellationToken cancel)
    {
        foreach (var form in Enum.GetValues<Form>())
            _ports[form] = stage.FreePort();
        BulkPort = stage.FreePort();
        var values = new Dictionary<string, string>(Peer.Values)
        {
            ["REVERSE"] = Text(_ports[Form.Reverse]),
            ["FORWARD"] = Text(_ports[Form.Forward]),
            ["TCP"] = Text(_ports[Form.Tcp]),
            ["BULK"] = Text(BulkPort),
            ["STORE"] = _store,
        };
        foreach (var name in Peer.Folders)
            Stage.OpenToAll(Directory.CreateDirectory(Path.Combine(_folder, name)).FullName);
        foreach (var file in Peer.Files)
            stage.Fill(file, _folder, values);
        if (Peer.ReadsList)
            await File.WriteAllLinesAsync(Path.Combine(_folder, "blocked.txt"), BlockList.Lines, cancel);

        for (var i = 0; i < Peer.Commands.Count; i++)
        {
            var command = Peer.Commands[i].Select(part => stage.Replace(part, _folder, values)).ToList();
            _programs.Add(new Child(command, Path.Combine(_folder, $"output{i}"), counted: Peer.Commands[i][0] != "@SELF@"));
        }
        var server = _programs.First(program => program.Counted);
        foreach (var form in Peer.Forms)
            await stage.AwaitPortAsync(_ports[form], server, cancel);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
