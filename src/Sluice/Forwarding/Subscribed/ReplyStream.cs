using Sluice.Upstream;

namespace Sluice.Forwarding.Subscribed;

/// <summary>The body of an answer as a stream. Whoever reads goes on on the thread pool: what follows (a decoder, a disk) is nothing for the I/O threads.</summary>
internal sealed class ReplyStream(UpstreamReply reply) : Stream
{
    private ReadOnlyMemory<byte> _piece;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="NotTaken">The body is not whole.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_piece.IsEmpty)
        {
            _piece = await reply.ReadBodyAsync();
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (_piece.IsEmpty)
                return reply.Error == ForwardError.None ? 0 : throw ListFetch.Failed(reply);
        }
        var octets = Math.Min(buffer.Length, _piece.Length);
        _piece[..octets].CopyTo(buffer);
        _piece = _piece[octets..];
        return octets;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("asynchronous only");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
