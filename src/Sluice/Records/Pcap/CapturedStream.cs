using System.Net;

namespace Sluice.Records.Pcap;

internal enum PassedKind : byte
{
    Octets,

    /// <summary>FIN.</summary>
    End,

    /// <summary>RST.</summary>
    Reset,

    /// <summary>There was no room for octets: what follows would not fit what came before.</summary>
    Lost,
}

/// <summary>What passed on a stream.</summary>
/// <param name="Time">Nanoseconds since 1970.</param>
/// <param name="Octets">Rented.</param>
/// <param name="Comment">For its first packet.</param>
internal readonly record struct CaptureEvent(
    CapturedStream Stream, PassedKind Kind, bool FromClient, long Time, byte[]? Octets = null, int Count = 0, string? Comment = null);

/// <summary>One connection in one capture, from its handshake on. The tap knows whether octets of it were lost; all else is the writer's.</summary>
/// <param name="client">Who connected.</param>
/// <param name="opened">When, in nanoseconds since 1970.</param>
/// <param name="isDecrypted">What is here went through TLS.</param>
/// <param name="about">For a comment on its first packet.</param>
internal sealed class CapturedStream(Capture capture, IPEndPoint client, IPEndPoint server, long opened, string about, bool isDecrypted)
{
    private static int s_last;

    private volatile bool _isLost;
    private uint _nextOfClient;
    private uint _nextOfServer;
    private bool _clientFinished;
    private bool _serverFinished;

    public Capture Capture => capture;

    public IPEndPoint Client => client;

    public IPEndPoint Server => server;

    public long Opened => Math.Max(opened, capture.Began);

    public string About => about;

    public bool IsDecrypted => isDecrypted;

    /// <summary>Octets of it were lost: nothing more of it is written.</summary>
    public bool IsLost
    {
        get => _isLost;
        set => _isLost = value;
    }

    /// <summary>The file in which it was begun last; 0: none.</summary>
    public int File { get; set; }

    public long LastTime { get; set; }

    public bool HasEnded { get; set; }

    /// <summary>No two that bear the same addresses begin with the same number.</summary>
    public void Number()
    {
        var number = (uint)Interlocked.Increment(ref s_last);
        (_nextOfClient, _nextOfServer) = (number * 0x10001 + 1, number * 0x20003 + 1);
    }

    public uint Next(bool fromClient) => fromClient ? _nextOfClient : _nextOfServer;

    public void Advance(bool fromClient, int octets)
    {
        if (fromClient)
            _nextOfClient += (uint)octets;
        else
            _nextOfServer += (uint)octets;
    }

    public bool HasFinished(bool fromClient) => fromClient ? _clientFinished : _serverFinished;

    public void Finish(bool fromClient)
    {
        Advance(fromClient, 1);
        if (fromClient)
            _clientFinished = true;
        else
            _serverFinished = true;
        HasEnded = _clientFinished && _serverFinished;
    }
}
