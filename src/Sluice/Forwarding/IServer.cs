using System.Net;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>One listener that serves.</summary>
public interface IServer : IAsyncDisposable
{
    IPEndPoint EndPoint { get; }

    /// <summary>What holds for the exchanges and relays that begin from now on.</summary>
    ListenerGate Gate { get; set; }

    /// <summary>What is open now. Not for I/O threads.</summary>
    ListenerLoad Load { get; }

    /// <summary>Ends the open tunnels and relays that would be refused by now.</summary>
    void JudgeAgain();
}
