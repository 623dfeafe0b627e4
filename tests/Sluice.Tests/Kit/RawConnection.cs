using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>
/// One end of a TCP connection that says exactly what it is told and reads HTTP/1.x strictly, by its own few lines:
/// nothing here is shared with the product, so that a mistake there cannot hide itself here.
/// Text is Latin-1: one char per octet. Every operation ends within <see cref="Waiting.Limit"/>.
/// </summary>
public sealed class RawConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private Stream _stream;
    private readonly List<byte> _all = [];
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;

    public RawConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: false);
    }

    /// <summary>Reads what was received by another.</summary>
    public RawConnection(Stream received)
    {
        _socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        _stream = received;
    }

    public static async Task<RawConnection> OpenAsync(IPEndPoint to)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(to).Within();
        socket.NoDelay = true;
        return new RawConnection(socket);
    }

    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    public Socket Socket => _socket;

    /// <summary>For others that read and write; what was read ahead here is not in it.</summary>
    public Stream Stream => _stream;

    /// <summary>Every octet received so far.</summary>
    public byte[] Received => [.. _all];

    /// <summary>How many of them were read by the test.</summary>
    public int Consumed => _all.Count - (_end - _start);

    /// <summary>From here on the connection speaks TLS, as client of one who holds <see cref="TestCertificate"/>.</summary>
    public async Task StartTlsAsync(string serverName)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = serverName };
        options.RemoteCertificateValidationCallback = (_, seen, _, _) => seen?.GetCertHashString() == TestCertificate.Localhost.Thumbprint;
        var tls = new SslStream(_stream);
        await tls.AuthenticateAsClientAsync(options).Within();
        _stream = tls;
    }

    /// <summary>From here on the connection speaks TLS, as server.</summary>
    public async Task AcceptTlsAsync(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate)
    {
        var tls = new SslStream(_stream);
        // Offline: it would fetch what the certificate says of its issuer.
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
        }).Within();
        _stream = tls;
    }

    /// <summary>TLS's close_notify: nothing more comes, and that is sure. Without it a FIN is anybody's.</summary>
    public Task EndTlsAsync() => ((SslStream)_stream).ShutdownAsync().Within();

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes).AsTask().Within();
        await _stream.FlushAsync().Within();
    }

    /// <summary>FIN: nothing more comes from here, reading goes on.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>RST: what is in flight is lost.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>The next octets, at most <paramref name="max"/>; empty at the end of the stream.</summary>
    public async Task<byte[]> ReadSomeAsync(int max = int.MaxValue)
    {
        if (_start == _end && !await FillAsync())
            return [];
        var n = Math.Min(max, _end - _start);
        var bytes = _buffer.AsSpan(_start, n).ToArray();
        _start += n;
        return bytes;
    }

    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        var bytes = new MemoryStream();
        while (bytes.Length < count)
        {
            var some = await ReadSomeAsync(count - (int)bytes.Length);
            if (some.Length == 0)
                throw new EndOfStreamException($"ended after {bytes.Length} of {count} octets: '{Encoding.Latin1.GetString(bytes.ToArray())}'");
            bytes.Write(some);
        }
        return bytes.ToArray();
    }

    public async Task<string> ReadTextAsync(int count) => Encoding.Latin1.GetString(await ReadExactlyAsync(count));

    /// <summary>All until the peer's FIN.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        var bytes = new MemoryStream();
        while (await ReadSomeAsync() is { Length: > 0 } some)
            bytes.Write(some);
        return bytes.ToArray();
    }

    /// <summary>Passes where nothing more comes but FIN or RST; then this end is closed, too, as clients do.</summary>
    public async Task ExpectClosedAsync()
    {
        byte[] more;
        try
        {
            more = await ReadToEndAsync();
        }
        catch (IOException)
        {
            return;
        }
        Assert.Equal("", Encoding.Latin1.GetString(more));
        try
        {
            HalfClose();
        }
        catch (SocketException)
        {
            // Reset, or closed here already.
        }
    }

    /// <summary>Ends when the peer has closed or reset; what it still sends is read and dropped.</summary>
    public async Task WaitUntilGoneAsync()
    {
        try
        {
            while (await FillAsync())
                _start = _end;
        }
        catch (IOException)
        {
        }
    }

    /// <summary>A line without its CRLF. A bare CR or LF fails (RFC 9112 s.2.2); null at the end of the stream before its first octet.</summary>
    public async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync())
                return line.Length == 0 ? null : throw new EndOfStreamException($"ended within the line '{line}'");
            var c = (char)_buffer[_start++];
            if (c == '\n')
                return line.Length > 0 && line[^1] == '\r' && line.ToString(0, line.Length - 1) is var text && !text.Contains('\r')
                    ? text
                    : throw new InvalidDataException($"a bare CR or LF ends '{line}'");
            line.Append(c);
        }
    }

    /// <summary>The next head; null at the end of the stream before its first octet.</summary>
    public async Task<RawHead?> TryReadHeadAsync()
    {
        var start = await ReadLineAsync();
        return start is null ? null : new RawHead(start, await ReadFieldsAsync());
    }

    public async Task<RawHead> ReadHeadAsync() =>
        await TryReadHeadAsync() ?? throw new EndOfStreamException("closed before a head");

    /// <summary>The next final response and the interim ones before it.</summary>
    /// <param name="method">Of the request: an answer to HEAD has no body, a 2xx to CONNECT neither.</param>
    public async Task<RawResponse> ReadResponseAsync(string method = "GET")
    {
        var interim = new List<RawHead>();
        var head = await ReadHeadAsync();
        // RFC 9110 s.15.2: 101 is final on this connection as HTTP, the others are followed by another.
        while (RawResponse.StatusOf(head) is >= 100 and < 200 and not 101)
        {
            interim.Add(head);
            head = await ReadHeadAsync();
        }
        var status = RawResponse.StatusOf(head);
        // RFC 9112 s.6.3(1), (2)
        var bodiless = method == "HEAD" || status is 101 or 204 or 304 || (method == "CONNECT" && status is >= 200 and < 300);
        var (body, end, trailers, chunks) = await ReadBodyAsync(head, bodiless ? BodyEnd.None : BodyEnd.Close);
        return new RawResponse(head, body, end, trailers, interim, chunks);
    }

    /// <summary>The body that the head announces (RFC 9112 s.6.3).</summary>
    /// <param name="unannounced">What holds where the head names no length: None also for a message that cannot have a body.</param>
    public async Task<(byte[] Body, BodyEnd End, IReadOnlyList<RawField> Trailers, IReadOnlyList<int> Chunks)> ReadBodyAsync(RawHead head, BodyEnd unannounced, bool request = false)
    {
        if (unannounced == BodyEnd.None && !request)
            return ([], BodyEnd.None, [], []);
        var codings = head.All("Transfer-Encoding");
        var lengths = head.All("Content-Length");
        if (codings.Count > 0)
        {
            if (codings.Count > 1 || !codings[0].Equals("chunked", StringComparison.OrdinalIgnoreCase) || lengths.Count > 0)
                throw new InvalidDataException($"no clear framing: {head}");
            return await ReadChunkedAsync();
        }
        if (lengths.Count > 0)
        {
            if (lengths.Count > 1 || !int.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out var length))
                throw new InvalidDataException($"no clear length: {head}");
            return (await ReadExactlyAsync(length), BodyEnd.Length, [], []);
        }
        return unannounced == BodyEnd.None
            ? ([], BodyEnd.None, [], [])
            : (await ReadToEndAsync(), BodyEnd.Close, [], []);
    }

    /// <summary>One chunk's data; empty for the last one, after which come the trailers (RFC 9112 s.7.1).</summary>
    public async Task<byte[]> ReadChunkAsync()
    {
        var line = await ReadLineAsync() ?? throw new EndOfStreamException("closed before a chunk");
        if (!int.TryParse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size) || size < 0)
            throw new InvalidDataException($"no chunk size: '{line}'");
        if (size == 0)
            return [];
        var data = await ReadExactlyAsync(size);
        if (await ReadLineAsync() is not "")
            throw new InvalidDataException("no CRLF behind a chunk");
        return data;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
    }

    private async Task<(byte[], BodyEnd, IReadOnlyList<RawField>, IReadOnlyList<int>)> ReadChunkedAsync()
    {
        var body = new MemoryStream();
        var chunks = new List<int>();
        while (await ReadChunkAsync() is { Length: > 0 } data)
        {
            chunks.Add(data.Length);
            body.Write(data);
        }
        return (body.ToArray(), BodyEnd.Chunked, await ReadFieldsAsync(), chunks);
    }

    public async Task<IReadOnlyList<RawField>> ReadFieldsAsync()
    {
        var fields = new List<RawField>();
        while (await ReadLineAsync() is var line && line != "")
        {
            var colon = line?.IndexOf(':') ?? throw new EndOfStreamException("ended within a head");
            if (colon <= 0 || line[..colon].AsSpan().ContainsAny(" \t"))
                throw new InvalidDataException($"no field line: '{line}'");
            fields.Add(new RawField(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }
        return fields;
    }

    private async Task<bool> FillAsync()
    {
        _start = 0;
        _end = await _stream.ReadAsync(_buffer).AsTask().Within(what: "read from the peer");
        _all.AddRange(_buffer.AsSpan(0, _end));
        return _end > 0;
    }
}
