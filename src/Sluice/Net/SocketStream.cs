namespace Sluice.Net;

/// <summary>A socket as a stream, for TLS over it. Tokens are not looked at: whoever gives up disposes the socket.</summary>
/// <param name="owns">Disposing the stream disposes the socket; else it stays open.</param>
public sealed class SocketStream(TcpSocket socket, bool owns = false) : Stream
{
    /// <summary>A read has met the FIN.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Called once, when the stream is disposed.</summary>
    public Action? Closed { get; set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? WaitAsync() : ReceiveAsync(buffer);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        socket.SendAsync(buffer);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (owns)
            socket.Dispose();
        var closed = Closed;
        Closed = null;
        closed?.Invoke();
        base.Dispose(disposing);
    }

    private ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var receiving = socket.ReceiveAsync(buffer);
        return receiving.IsCompletedSuccessfully ? new(Noted(receiving.Result)) : NoteAsync(receiving);
    }

    private async ValueTask<int> NoteAsync(ValueTask<int> receiving) => Noted(await receiving);

    private int Noted(int octets)
    {
        HasEnded |= octets == 0;
        return octets;
    }

    private async ValueTask<int> WaitAsync()
    {
        await socket.WaitToReceiveAsync();
        return 0;
    }
}
