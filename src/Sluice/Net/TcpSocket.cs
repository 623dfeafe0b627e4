// The door to TCP sockets.
//
// What: one connected socket as the rest of the program sees it, in two ways that ship: on Linux our own event loops
// over epoll(7) (Linux/EpollSocket.cs), elsewhere the platform's sockets (Plain/PlainSocket.cs).
// Why two: an epoll loop of our own spends a third less per message (docs/performance.md), since a wait costs no system call,
// a receive is one and a connection needs no descriptor wrapper; the platform's sockets run wherever .NET does.
// SLUICE_SOCKETS=plain chooses them on Linux, too: the same tests run on both.
// Rules: one receiver and one sender at a time; a receive may go on beside a send. Continuations run on the loop's
// thread, so nothing there may block; whoever copies on and on calls NextTurn after 256 KiB. Disposing is safe at any
// time: what is pending fails with ObjectDisposedException. Errors of the network are SocketExceptions.
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Sluice.Net.Linux;
using Sluice.Net.Plain;

namespace Sluice.Net;

/// <summary>One connected TCP socket, NoDelay. Whoever has it disposes it.</summary>
public abstract class TcpSocket : IDisposable
{
    /// <summary>As much is copied in one turn; then others come first.</summary>
    public const int OneTurn = 256 << 10;

    /// <summary>The same of a file: its pages go out by reference (sendfile(2)), which takes about as long.</summary>
    public const int OneTurnOfFile = 1 << 20;

    internal static readonly bool UsesEpoll =
        OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable("SLUICE_SOCKETS") != "plain";

    /// <summary>Null: it has gone already.</summary>
    public abstract IPEndPoint? LocalEndPoint { get; }

    /// <summary>Null: it has gone already.</summary>
    public abstract IPEndPoint? RemoteEndPoint { get; }

    /// <summary>Completes with true when a receive would find bytes, FIN or an error (after one that filled its buffer perhaps too early: a
    /// receive then waits): who waits needs no buffer. False: <see cref="CancelWait"/> was called.</summary>
    public abstract ValueTask<bool> WaitToReceiveAsync();

    /// <summary>Ends the pending <see cref="WaitToReceiveAsync"/>, or else the next one, with false.</summary>
    public abstract void CancelWait();

    /// <summary>Receives what is there, or waits for it. 0: FIN.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> into);

    /// <summary>Sends all of it.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Sends all pieces, in as few system calls as there can be. The list is the caller's again afterwards.</summary>
    public abstract ValueTask SendAsync(List<ArraySegment<byte>> pieces);

    /// <summary>Sends all of <paramref name="before"/> and, in the same segments, octets of a file; on Linux those that lie in memory do
    /// not come into this process. The loop does not wait for a disk. The file must stay open until this completes.</summary>
    /// <exception cref="IOException">The file ends before, or cannot be read; a part may have been sent.</exception>
    public abstract ValueTask SendFileAsync(ReadOnlyMemory<byte> before, SafeFileHandle file, long offset, long count);

    /// <summary>Octets that the kernel has taken so far: whether a send that is not complete comes forward.</summary>
    public virtual long BytesSent { get; private protected set; }

    /// <summary>Whether the peer has neither sent nor closed since the last receive.</summary>
    /// <param name="surely">Asks the kernel, even where that costs a system call; else it may be known a moment later.</param>
    public abstract bool IsQuiet(bool surely);

    /// <summary>Whether its continuations run on this thread: going on with it here moves nothing to another core.</summary>
    public abstract bool IsHere { get; }

    /// <summary>Whether others wait for its thread.</summary>
    public abstract bool IsCrowded { get; }

    /// <summary>FIN; false: the connection is gone.</summary>
    public abstract bool TryShutdownSend();

    /// <summary>Closes with RST.</summary>
    public abstract void Reset();

    public abstract void Dispose();

    /// <summary>Goes on when others have had their turn.</summary>
    public abstract Turn NextTurn();

    /// <summary>Connects, with NoDelay set. Keep-alive is not: every wait has a limit of its own, and the option costs a fiftieth of
    /// a new connection.</summary>
    /// <exception cref="SocketException">It could not; <see cref="SocketError.TooManyOpenSockets"/>: the descriptors run out.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ValueTask<TcpSocket> ConnectAsync(IPEndPoint to, CancellationToken cancellation = default) =>
        UsesEpoll ? EpollSocket.ConnectAsync(to, cancellation) : PlainSocket.ConnectAsync(to, cancellation);

    private protected static IOException EndsBefore() => new("The file ends before what is to be sent.");

    /// <summary>Sends all of <paramref name="before"/> and as many octets of the file as one block takes, read by the thread pool.</summary>
    /// <returns>How many of the file.</returns>
    private protected async ValueTask<int> SendReadAsync(ReadOnlyMemory<byte> before, SafeFileHandle file, long offset, long count)
    {
        var block = Blocks.RentForBulk(crowded: true);
        try
        {
            if (before.Length >= block.Length)
            {
                await SendAsync(before);
                before = default;
            }
            before.CopyTo(block);
            var octets = (int)Math.Min(count, block.Length - before.Length);
            for (var have = 0; have < octets;)
            {
                var read = await RandomAccess.ReadAsync(file, block.AsMemory(before.Length + have, octets - have), offset + have);
                have += read > 0 ? read : throw EndsBefore();
            }
            await NextTurn();
            await SendAsync(block.AsMemory(0, before.Length + octets));
            return octets;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            Blocks.Return(block);
        }
    }
}
