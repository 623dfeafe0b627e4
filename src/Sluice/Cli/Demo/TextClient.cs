using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Cli.Demo;

/// <summary>One client on one connection: sends a text, awaits the whole answer, checks it byte by byte, sends the next.</summary>
internal sealed class TextClient(int number, int requests, TimeProvider time)
{
    private readonly Texts _texts = new(number);
    private readonly long[] _latencies = new long[requests];
    private int _done;

    /// <summary>Requests answered so far. Safe to read from any thread.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <summary>Octets sent.</summary>
    public long BytesSent { get; private set; }

    /// <summary>A timestamp of the time provider.</summary>
    public long Began { get; private set; }

    /// <summary>A timestamp of the time provider.</summary>
    public long Ended { get; private set; }

    /// <summary>How long each answered request took, in timestamp units.</summary>
    public ReadOnlySpan<long> Latencies => _latencies.AsSpan(0, _done);

    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task RunAsync(IPEndPoint to, DemoJob job, CancellationToken stop)
    {
        using var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        // Closing the socket ends its waits; a token for each of 200,000 waits would be paid 200,000 times.
        await using var closing = stop.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
        Began = time.GetTimestamp();
        try
        {
            await socket.ConnectAsync(to);
            await AskAsync(socket, job);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            stop.ThrowIfCancellationRequested();
            job.Wrong($"client {number}, request {_done}: {e.Message}");
        }
        Ended = time.GetTimestamp();
    }

    private async Task AskAsync(Socket socket, DemoJob job)
    {
        var text = new byte[Texts.MaxLength];
        var answer = new byte[Texts.MaxLength];
        while (_done < requests)
        {
            var length = _texts.Write(_done, text);
            var began = time.GetTimestamp();
            await socket.SendAsync(text.AsMemory(0, length));
            BytesSent += length;
            for (var have = 0; have < length;)
            {
                var count = await socket.ReceiveAsync(answer.AsMemory(have, length - have));
                if (count == 0)
                {
                    job.Wrong($"client {number}, request {_done}: the connection ended after {have} of {length} bytes");
                    return;
                }
                have += count;
            }
            _latencies[_done] = time.GetTimestamp() - began;
            if (Texts.FirstWrongByte(text.AsSpan(0, length), answer.AsSpan(0, length)) is >= 0 and var at)
                job.Wrong($"client {number}, request {_done}: byte {at} of '{Ascii(text, length)}' came back as 0x{answer[at]:x2}");
            Volatile.Write(ref _done, _done + 1);
        }
    }

    private static string Ascii(byte[] text, int length) => Encoding.ASCII.GetString(text, 0, length - 1);
}
