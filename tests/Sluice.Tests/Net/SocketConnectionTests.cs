using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Net;

/// <summary>The connection by itself, without Kestrel.</summary>
public sealed class SocketConnectionTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private Socket _client = null!;
    private SocketConnection _connection = null!;

    private PipeReader Input => _connection.Transport.Input;

    private PipeWriter Output => _connection.Transport.Output;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        (_client, var accepted) = await Wire.OwnPairAsync(16 << 10);
        _connection = SocketConnection.Start(accepted, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _connection.Abort();
        await _connection.DisposeAsync();
    }

    private async Task<string> ReadAsync()
    {
        var result = await Input.ReadAsync(Token).AsTask().Soon();
        var text = Encoding.Latin1.GetString(result.Buffer.ToArray());
        Input.AdvanceTo(result.Buffer.End);
        return text;
    }

    [Fact]
    public async Task Fin_CompletesTheInputAndNothingElse()
    {
        await _client.SendAsync("last words");
        Assert.Equal("last words", await ReadAsync());
        Assert.False(_connection.WhenClientFinished.IsCompleted);
        _client.Shutdown(SocketShutdown.Send);
        Assert.True((await Input.ReadAsync(Token).AsTask().Soon()).IsCompleted);
        await _connection.WhenClientFinished.Soon();
        Assert.True(_connection.ClientFinished);
        Assert.False(_connection.ConnectionClosed.IsCancellationRequested);
        await Output.WriteAsync("answer"u8.ToArray(), Token);
        Assert.Equal("answer"u8.ToArray(), await _client.ReadAsync(6));
    }

    [Fact]
    public async Task Reset_FiresConnectionClosedAndFailsTheInput()
    {
        var closed = new TaskCompletionSource();
        await using var registration = _connection.ConnectionClosed.Register(closed.SetResult);
        _client.Reset();
        await closed.Task.Soon();
        await Assert.ThrowsAsync<ConnectionResetException>(() => Input.ReadAsync(Token).AsTask().Soon());
        Assert.False(_connection.ClientFinished);
        Assert.True((await Output.WriteAsync("x"u8.ToArray(), Token)).IsCompleted);
    }

    [Fact]
    public async Task Abort_FiresConnectionClosedAndResets()
    {
        var closed = new TaskCompletionSource();
        await using var registration = _connection.ConnectionClosed.Register(closed.SetResult);
        await Output.WriteAsync("begun"u8.ToArray(), Token);
        await _client.ReadAsync(5);
        _connection.Abort();
        await closed.Task.Soon();
        Assert.Equal(SocketError.ConnectionReset, await _client.ReadErrorAsync());
    }

    [Fact]
    public async Task UnreadInput_IsBoundedAndGoesOnWhenRead()
    {
        var bytes = Wire.Noise(4 << 20);
        var sending = _client.SendAllAsync(bytes);
        for (long seen = -1, quiet = 0; quiet < 20; await Task.Delay(10, Token))
        {
            quiet = seen == _connection.BytesRead ? quiet + 1 : 0;
            seen = _connection.BytesRead;
        }
        Assert.False(sending.IsCompleted);
        Assert.InRange(_connection.BytesRead, 256 << 10, (256 + 64) << 10);
        var got = new List<byte>();
        while (got.Count < bytes.Length)
        {
            var result = await Input.ReadAsync(Token).AsTask().Soon();
            got.AddRange(result.Buffer.ToArray());
            Input.AdvanceTo(result.Buffer.End);
        }
        await sending;
        Assert.Equal(bytes, got);
    }

    [Fact]
    public async Task CancelPendingRead_ReleasesTheReaderAndLosesNothing()
    {
        var reading = Input.ReadAsync(Token).AsTask();
        Input.CancelPendingRead();
        var result = await reading.Soon();
        Assert.True(result.IsCanceled);
        Input.AdvanceTo(result.Buffer.Start);
        await _client.SendAsync("x");
        Assert.Equal("x", await ReadAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CancelledFlush_ReleasesTheWriterAndTearsNothing(bool byToken)
    {
        var bytes = Wire.Noise(6 << 20);
        using var cancel = new CancellationTokenSource();
        Output.Write(bytes.AsSpan(0, 5 << 20)); // more than the kernel takes while nobody reads
        var flushing = Output.FlushAsync(cancel.Token).AsTask();
        Assert.False(flushing.IsCompleted);
        if (byToken)
        {
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flushing.Soon());
        }
        else
        {
            Output.CancelPendingFlush();
            Assert.True((await flushing.Soon()).IsCanceled);
        }
        Output.Write(bytes.AsSpan(5 << 20));
        Assert.Equal(1 << 20, Output.UnflushedBytes);
        var again = Output.FlushAsync(Token).AsTask();
        Assert.False(again.IsCompleted);
        Assert.Equal(bytes, await _client.ReadAsync(bytes.Length));
        Assert.False((await again.Soon()).IsCompleted);
        Assert.Equal(bytes.Length, _connection.BytesWritten);
    }

    [Fact]
    public async Task InterimBehindAPendingFlush_WaitsItsTurn()
    {
        var bytes = Wire.Noise(5 << 20);
        Output.Write(bytes);
        var flushing = Output.FlushAsync(Token).AsTask();
        var interim = _connection.WriteInterimAsync("HTTP/1.1 102 Processing\r\n\r\n"u8.ToArray()).AsTask();
        Assert.False(interim.IsCompleted);
        Assert.Equal(bytes, await _client.ReadAsync(bytes.Length));
        Assert.Equal("HTTP/1.1 102 Processing\r\n\r\n", await _client.ReadHeadAsync());
        await Task.WhenAll(flushing, interim).Soon();
    }

    [Fact]
    public async Task ResetWhileAFlushWaits_EndsTheFlush()
    {
        Output.Write(Wire.Noise(5 << 20));
        var flushing = Output.FlushAsync(Token).AsTask();
        _client.Reset();
        Assert.True((await flushing.Soon()).IsCompleted);
    }

    [Fact]
    public async Task LentBlocks_GoOutInOrderWithWhatIsWrittenBetween()
    {
        Output.Write("head "u8);
        Assert.True(_connection.Lend(Output, "block "u8.ToArray()));
        Output.Write("between "u8);
        Assert.True(_connection.Lend(Output, "another"u8.ToArray()));
        var got = _client.ReadAsync("head block between another".Length);
        await Output.FlushAsync(Token);
        Assert.Equal("head block between another"u8.ToArray(), await got);
    }

    [Fact]
    public async Task LentBlockThatIsNotAdvanced_IsForgotten()
    {
        var block = "lent"u8.ToArray();
        Assert.Throws<InvalidOperationException>(() => _connection.Lend(new Refusing(Output), block));
        Output.GetMemory(4).Span[..4].Fill((byte)'x');
        Output.Advance(4);
        await Output.FlushAsync(Token);
        Assert.Equal("xxxx"u8.ToArray(), await _client.ReadAsync(4));
        Assert.Equal("lent"u8.ToArray(), block);
    }

    /// <summary>As Kestrel refuses more bytes than Content-Length has announced.</summary>
    private sealed class Refusing(PipeWriter inner) : PipeWriter
    {
        public override void Advance(int bytes) => throw new InvalidOperationException();

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }

    [Fact]
    public async Task Dispose_SendsTheRestAndFin()
    {
        Output.Write("the rest"u8);
        await _connection.DisposeAsync();
        Assert.Equal("the rest"u8.ToArray(), await _client.ReadToEndAsync());
        Assert.True(_connection.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task DisposeWithInputUnread_DoesNotDestroyTheAnswer()
    {
        // RFC 9112 s.9.6: "a server that performs an immediate close ... might erase the client's unread response".
        await _client.SendAllAsync(Wire.Noise(100_000));
        await Output.WriteAsync("refused"u8.ToArray(), Token);
        await _connection.DisposeAsync();
        await _client.SendAllAsync(Wire.Noise(1 << 20)); // still sending
        Assert.Equal("refused"u8.ToArray(), await _client.ReadToEndAsync());
    }

    [Fact]
    public async Task ClientThatNeverFinishes_IsClosedAfter2s()
    {
        await _connection.DisposeAsync();
        Assert.Empty(await _client.ReadToEndAsync());
        _time.Advance(TimeSpan.FromSeconds(2));
        var gone = false;
        for (var i = 0; i < 500 && !gone; i++)
        {
            try
            {
                await _client.SendAsync("x");
                await Task.Delay(10, Token);
            }
            catch (SocketException)
            {
                gone = true;
            }
        }
        Assert.True(gone);
    }

    [Fact]
    public async Task TakeOver_HandsOutWhatWasNotConsumed()
    {
        await _client.SendAsync("head|early");
        var result = await Input.ReadAtLeastAsync(10, Token).AsTask().Soon();
        Input.AdvanceTo(result.Buffer.GetPosition(5));
        var taken = await _connection.TakeOverAsync().AsTask().Soon();
        Assert.Equal("early"u8.ToArray(), taken.Early.ToArray());
        Assert.True((await Input.ReadAsync(Token)).IsCompleted); // inert
        await Output.WriteAsync("nobody hears this"u8.ToArray(), Token);
        await _connection.DisposeAsync();
        await _client.SendAsync("more");
        Assert.Equal("more"u8.ToArray(), await taken.Socket.ReadAsync(4));
        await taken.Socket.SendAsync("mine");
        Assert.Equal("mine"u8.ToArray(), await _client.ReadAsync(4));
    }

    [Fact]
    public async Task TakeOverOfAConnectionThatWasReset_Throws()
    {
        var closed = new TaskCompletionSource();
        await using var registration = _connection.ConnectionClosed.Register(closed.SetResult);
        _client.Reset();
        await closed.Task.Soon();
        await Assert.ThrowsAsync<ConnectionResetException>(() => _connection.TakeOverAsync().AsTask().Soon());
    }
}
