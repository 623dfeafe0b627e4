using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Bench.Checks;

/// <summary>HTTP/1.1 on a bare socket, either side: just what the checks' own clients and origin speak. What is not as
/// they speak it throws <see cref="InvalidDataException"/>.</summary>
internal sealed class Wire(Socket socket, int blockSize) : IDisposable
{
    private byte[] _buffer = [];
    private int _start;
    private int _end;

    public static async Task<Wire> ConnectAsync(IPEndPoint to, int blockSize)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(to);
        return new Wire(socket, blockSize);
    }

    public void Dispose() => socket.Dispose();

    /// <summary>An idle connection holds no buffer: the checks' own memory shall not be what limits them.</summary>
    public void ReleaseBuffer()
    {
        if (_start < _end)
            return;
        _buffer = [];
        _start = _end = 0;
    }

    /// <summary>Whether the peer has closed, or speaks out of turn.</summary>
    public bool HasSomethingToRead() => _start < _end || socket.Poll(0, SelectMode.SelectRead);

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None)..];
    }

    public ValueTask SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Start line and fields, without the empty line; null: FIN.</summary>
    public async ValueTask<string?> ReadHeadAsync()
    {
        int length;
        while ((length = Unread.IndexOf("\r\n\r\n"u8)) < 0)
            if (!await FillAsync())
                return _start == _end ? null : throw new InvalidDataException("FIN in a head");
        var head = Encoding.Latin1.GetString(Unread[..length]);
        _start += length + 4;
        return head;
    }

    /// <summary>The whole body that this head announces.</summary>
    public async ValueTask ReadBodyAsync(string head, PatternCheck into)
    {
        if (Field(head, "Content-Length") is { } length)
            await ReadOctetsAsync(long.Parse(length, CultureInfo.InvariantCulture), into);
        else if (Field(head, "Transfer-Encoding") == "chunked")
            await ReadChunksAsync(into);
    }

    public async ValueTask SendBodyAsync(long seed, long length, bool chunked, TimeSpan pace = default)
    {
        var began = Stopwatch.GetTimestamp();
        for (long sent = 0; sent < length;)
        {
            var piece = Pattern.At(seed, sent, Math.Min(length - sent, blockSize));
            if (chunked)
                await SendAsync($"{piece.Length:x}\r\n");
            await SendAsync(piece);
            if (chunked)
                await SendAsync("\r\n");
            sent += piece.Length;
            if (pace * (sent / (double)blockSize) - Stopwatch.GetElapsedTime(began) is { } ahead && pace > TimeSpan.Zero && ahead > TimeSpan.FromMilliseconds(1))
                await Task.Delay(ahead);
        }
        if (chunked)
            await SendAsync("0\r\n\r\n");
    }

    /// <summary>The value of a field that occurs once.</summary>
    public static string? Field(string head, string name)
    {
        for (var at = head.IndexOf('\n', StringComparison.Ordinal); at >= 0; at = head.IndexOf('\n', at + 1))
        {
            var line = head.AsSpan(at + 1);
            if (line.Length <= name.Length || line[name.Length] != ':' || !line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                continue;
            var end = line.IndexOf('\r');
            return line[(name.Length + 1)..(end < 0 ? line.Length : end)].Trim().ToString();
        }
        return null;
    }

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    private async ValueTask ReadChunksAsync(PatternCheck into)
    {
        while (true)
        {
            var size = await ReadChunkSizeAsync();
            await ReadOctetsAsync(size, into);
            while (_end - _start < 2)
                await FillOrThrowAsync();
            if (!Unread.StartsWith("\r\n"u8))
                throw new InvalidDataException("no CRLF after a chunk, or trailers");
            _start += 2;
            if (size == 0)
                return;
        }
    }

    private async ValueTask<long> ReadChunkSizeAsync()
    {
        int length;
        while ((length = Unread.IndexOf("\r\n"u8)) < 0)
            await FillOrThrowAsync();
        if (!Utf8Parser.TryParse(Unread[..length], out long size, out var used, 'x') || used != length)
            throw new InvalidDataException("no chunk size");
        _start += length + 2;
        return size;
    }

    private async ValueTask ReadOctetsAsync(long length, PatternCheck into)
    {
        while (length > 0)
        {
            if (_start == _end)
                await FillOrThrowAsync();
            var piece = Unread[..(int)Math.Min(length, _end - _start)];
            into.Take(piece);
            _start += piece.Length;
            length -= piece.Length;
        }
    }

    private async ValueTask FillOrThrowAsync()
    {
        if (!await FillAsync())
            throw new InvalidDataException("FIN in a body");
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_buffer.Length == 0)
            _buffer = new byte[blockSize];
        if (_start == _end)
            _start = _end = 0;
        else if (_end == _buffer.Length)
        {
            if (_start == 0)
                throw new InvalidDataException("a head larger than the buffer");
            Unread.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        var received = await socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
        _end += received;
        return received > 0;
    }
}
