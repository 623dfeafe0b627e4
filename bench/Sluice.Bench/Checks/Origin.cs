using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Bench.Checks;

/// <summary>
/// The origin of the checks. <c>/KIND/SEED/LENGTH</c> names a body of the <see cref="Pattern"/>: a GET gets it, a POST
/// brings it and is answered with "whole" or with what was wrong.
/// <para>KIND: "fresh" may be stored, "private" may not; "fresh-chunked" is fresh, without a length; "fresh-paced" comes
/// block by block, with a pause after each.</para>
/// <para><c>/changing/N</c> is another <see cref="Version"/> each time it is asked for; its ETag says which.</para>
/// </summary>
internal sealed class Origin : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly int _blockSize;
    private readonly TimeSpan _pace;
    private readonly ConcurrentDictionary<int, int> _versions = new();
    private long _requests;

    public Origin(int blockSize, TimeSpan pace = default)
    {
        _pace = pace;
        _blockSize = blockSize;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(4096);
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public long Requests => Volatile.Read(ref _requests);

    /// <summary>The body that was sent last, from its first octet to its last.</summary>
    public TimeSpan LastTook { get; private set; }

    /// <summary>The last version of <c>/changing/N</c>; 0: it was never asked for.</summary>
    public int LastOf(int number) => _versions.GetValueOrDefault(number);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _ = ServeAsync(new Wire(socket, _blockSize));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed
        }
    }

    private async Task ServeAsync(Wire wire)
    {
        using (wire)
            try
            {
                while (await wire.ReadHeadAsync() is { } head)
                {
                    Interlocked.Increment(ref _requests);
                    await AnswerAsync(wire, head);
                }
            }
            catch (Exception e) when (e is SocketException or InvalidDataException or FormatException)
            {
                // The client sees a torn answer, and says so.
            }
    }

    private async Task AnswerAsync(Wire wire, string head)
    {
        var target = head.Split(' ', 3)[1].Split('/');
        if (target[1] == "changing")
        {
            var number = int.Parse(target[2], CultureInfo.InvariantCulture);
            var version = new Version(number, _versions.AddOrUpdate(number, 1, static (_, last) => last + 1));
            await wire.SendAsync(
                $"HTTP/1.1 200 OK\r\nCache-Control: max-age=86400\r\nETag: {version.ETag}\r\nContent-Type: application/octet-stream\r\nContent-Length: {version.Length}\r\n\r\n");
            await wire.SendBodyAsync(version.Seed, version.Length, chunked: false);
            return;
        }
        var (kind, seed, length) = (target[1],
            long.Parse(target[2], CultureInfo.InvariantCulture), long.Parse(target[3], CultureInfo.InvariantCulture));
        if (head.StartsWith("POST", StringComparison.Ordinal))
        {
            var check = new PatternCheck(seed);
            await wire.ReadBodyAsync(head, check);
            var said = check.Fault(length) ?? "whole";
            await wire.SendAsync($"HTTP/1.1 200 OK\r\nX-Body: {said}\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        var chunked = kind.EndsWith("-chunked", StringComparison.Ordinal);
        var framing = chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {length}";
        var control = kind.StartsWith("fresh", StringComparison.Ordinal) ? "max-age=3600" : "private, no-store";
        await wire.SendAsync(
            $"HTTP/1.1 200 OK\r\nCache-Control: {control}\r\nContent-Type: application/octet-stream\r\n{framing}\r\n\r\n");
        var began = Stopwatch.GetTimestamp();
        await wire.SendBodyAsync(seed, length, chunked, kind.EndsWith("-paced", StringComparison.Ordinal) ? _pace : TimeSpan.Zero);
        LastTook = Stopwatch.GetElapsedTime(began);
    }
}
