using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>
/// A real server on a port of its own whose every octet is the test's script. It counts connections, keeps every request
/// as it came, and never answers anything that the script did not say.
/// </summary>
public sealed class ScriptedOrigin : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<RawConnection, Task> _connection;
    private readonly X509Certificate2? _certificate;
    private readonly ConcurrentQueue<RawConnection> _open = new();
    private readonly ConcurrentQueue<RawRequest> _requests = new();
    private readonly ConcurrentQueue<Exception> _faults = new();
    private int _connections;
    private int _heads;

    private ScriptedOrigin(Func<ScriptedOrigin, RawConnection, Task> connection, IPAddress? address, X509Certificate2? certificate, int port = 0)
    {
        address ??= IPAddress.Loopback;
        _connection = c => connection(this, c);
        _certificate = certificate;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, port));
        _listener.Listen(512);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    public int Port => EndPoint.Port;

    /// <summary><c>127.0.0.1:port</c>, <c>[::1]:port</c>.</summary>
    public string Authority => EndPoint.ToString();

    public string Url(string path = "/") => $"http://{Authority}{path}";

    /// <summary>Connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Request heads read so far, also of requests whose body never ended.</summary>
    public int Heads => Volatile.Read(ref _heads);

    /// <summary>The whole requests so far, in the order of their ends.</summary>
    public IReadOnlyList<RawRequest> Requests => [.. _requests];

    /// <summary>What the origin could not read: heads or bodies that are no HTTP. A test that minds looks here.</summary>
    public IReadOnlyList<Exception> Faults => [.. _faults];

    /// <summary>Reads each request whole, then lets the script answer it; the connection stays for the next.</summary>
    public static ScriptedOrigin Start(
        Func<OriginExchange, Task> script, IPAddress? address = null, X509Certificate2? certificate = null, int port = 0) =>
        new((origin, connection) => origin.ServeAsync(connection, script, wholeRequests: true), address, certificate, port);

    /// <summary>As <see cref="Start"/>, but the script runs when the head is there; it reads the body itself.</summary>
    public static ScriptedOrigin StartAtHead(Func<OriginExchange, Task> script, IPAddress? address = null) =>
        new((origin, connection) => origin.ServeAsync(connection, script, wholeRequests: false), address, null);

    /// <summary>The script has the bare connection; it is closed when the script ends.</summary>
    public static ScriptedOrigin StartRaw(Func<RawConnection, Task> script, IPAddress? address = null) =>
        new((_, connection) => script(connection), address, null);

    /// <summary>Answers every request by these octets.</summary>
    public static ScriptedOrigin Saying(string reply, IPAddress? address = null) => Start(x => x.WriteAsync(reply), address);

    /// <summary>Answers every request by 200 and this body.</summary>
    public static ScriptedOrigin With(string body, params string[] fields) => Start(x => x.ReplyAsync(200, body, fields));

    public async ValueTask DisposeAsync()
    {
        try
        {
            // At once: a process that another test is just starting may have the descriptor, too.
            _listener.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Not on this system, or done already.
        }
        _listener.Dispose();
        foreach (var connection in _open)
            await connection.DisposeAsync();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
            Interlocked.Increment(ref _connections);
            RawConnection connection;
            try
            {
                socket.NoDelay = true;
                connection = new RawConnection(socket);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // Its peer has gone already.
                socket.Dispose();
                continue;
            }
            _open.Enqueue(connection);
            _ = RunAsync(connection);
        }
    }

    private async Task RunAsync(RawConnection connection)
    {
        try
        {
            if (_certificate is not null)
                await connection.AcceptTlsAsync(_certificate);
            await _connection(connection);
            await connection.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidDataException
            or TimeoutException or System.Security.Authentication.AuthenticationException)
        {
            _faults.Enqueue(e);
            connection.Reset();
        }
    }

    private async Task ServeAsync(RawConnection connection, Func<OriginExchange, Task> script, bool wholeRequests)
    {
        while (true)
        {
            var start = connection.Consumed;
            if (await IdleAsync(connection) is not { } head)
                return;
            var x = new OriginExchange(this, connection, head, start, Interlocked.Increment(ref _heads));
            if (wholeRequests)
                await x.ReadRequestAsync();
            await script(x);
            if (x.Ended)
                return;
        }
    }

    // A kept connection may rest longer than any other wait; then the origin closes it.
    private static async Task<RawHead?> IdleAsync(RawConnection connection)
    {
        try
        {
            return await connection.TryReadHeadAsync();
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    internal void Keep(RawRequest request) => _requests.Enqueue(request);
}

/// <summary>One request at a scripted origin, and what the script may do about it.</summary>
public sealed class OriginExchange(ScriptedOrigin origin, RawConnection connection, RawHead head, int start, int number)
{
    public RawConnection Connection => connection;

    public RawHead Head => head;

    /// <summary>Counts the requests of this origin from 1.</summary>
    public int Number => number;

    public string Method => head.StartLine.Split(' ')[0];

    /// <summary>As on the request line.</summary>
    public string Target => head.StartLine.Split(' ')[1];

    /// <summary>The whole request; there once its body was read.</summary>
    public RawRequest Request => _request ?? throw new InvalidOperationException("the body has not been read");

    internal bool Ended { get; private set; }

    private RawRequest? _request;

    public async Task<RawRequest> ReadRequestAsync()
    {
        var (body, end, trailers, _) = await connection.ReadBodyAsync(head, BodyEnd.None, request: true);
        _request = new RawRequest(head, body, end, trailers, connection.Received[start..connection.Consumed]);
        origin.Keep(_request);
        return _request;
    }

    /// <summary>Exactly these octets (Latin-1).</summary>
    public Task WriteAsync(string text) => connection.SendAsync(text);

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => connection.SendAsync(bytes);

    /// <summary>A whole answer with Content-Length; to HEAD without the body.</summary>
    public Task ReplyAsync(int status, string body = "", params string[] fields) =>
        ReplyAsync(status, Encoding.Latin1.GetBytes(body), fields);

    public Task ReplyAsync(int status, byte[] body, params string[] fields)
    {
        var text = new StringBuilder($"HTTP/1.1 {status} Scripted\r\n");
        foreach (var field in fields)
            text.Append(field).Append("\r\n");
        if (status is not (204 or 304))
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        text.Append("\r\n");
        var bytes = Encoding.Latin1.GetBytes(text.ToString());
        return connection.SendAsync(Method == "HEAD" || status is 204 or 304 ? bytes : [.. bytes, .. body]);
    }

    /// <summary>FIN, and nothing more is read here.</summary>
    public async Task CloseAsync()
    {
        Ended = true;
        await connection.DisposeAsync();
    }

    public void Reset()
    {
        Ended = true;
        connection.Reset();
    }

    public void HalfClose()
    {
        Ended = true;
        connection.HalfClose();
    }

    /// <summary>Ends when the proxy has closed or reset this connection.</summary>
    public async Task WaitUntilGoneAsync()
    {
        Ended = true;
        await connection.WaitUntilGoneAsync();
    }
}
