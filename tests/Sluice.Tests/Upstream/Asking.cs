using System.IO.Pipelines;
using System.Text;
using Sluice.Http;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>A pool and what to ask it with. Its time stands still unless the test moves it.</summary>
internal sealed class Asking : IDisposable
{
    public static readonly TimeSpan Response = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan Body = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(90);
    public const int IdleConnections = 2;

    public Asking(Resolve? resolve = null, int mostPerUpstream = 0, TimeSpan? maxAge = null)
    {
        var dialer = resolve is null ? new Dialer(Time) : new Dialer(resolve, Time);
        Pool = new UpstreamPool(dialer, new UpstreamOptions
        {
            Connect = TimeSpan.FromSeconds(10),
            Response = Response,
            Body = Body,
            KeepAlive = KeepAlive,
            IdlePerUpstream = IdleConnections,
            MostPerUpstream = mostPerUpstream,
            MaxAge = maxAge ?? TimeSpan.MaxValue,
            MaxHeadBytes = 32 << 10,
            MaxFields = 100,
        }, Time);
    }

    public ManualTime Time { get; } = new();

    public UpstreamPool Pool { get; }

    public static UpstreamRequest Request(
        ScriptedOrigin origin, string method = "GET", string target = "/", RequestBody? body = null, bool tls = false,
        bool expectsContinue = false, string? upgrade = null, Func<ResponseHead, ValueTask>? interim = null,
        AddressRules? addresses = null, CancellationTokenSource? leaves = null)
    {
        var fields = new FieldList(8);
        fields.Add("Host", origin.Authority);
        if (expectsContinue)
            fields.Add("Expect", "100-continue");
        return new UpstreamRequest
        {
            To = new Destination(tls, new HostPort(tls ? "localhost" : origin.EndPoint.Address.ToString(), origin.Port)),
            Addresses = addresses ?? AddressRules.Any,
            Method = method,
            Target = target,
            Fields = fields,
            Body = body,
            ExpectsContinue = expectsContinue,
            Upgrade = upgrade,
            Interim = interim,
            Aborted = leaves?.Token ?? CancellationToken.None,
        };
    }

    /// <summary>GET from a name.</summary>
    public static UpstreamRequest RequestTo(string name, int port, AddressRules? addresses = null) => new()
    {
        To = new Destination(false, new HostPort(name, port)),
        Addresses = addresses ?? AddressRules.Any,
        Method = "GET",
        Target = "/",
        Fields = new FieldList([new Field("Host", name)]),
    };

    public static RequestBody Text(string text, bool chunked = false, FieldList? trailers = null) =>
        new(PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(text))), chunked ? null : text.Length, () => trailers);

    public Task<UpstreamReply> AskAsync(UpstreamRequest request) => Pool.AskAsync(request).AsTask();

    /// <summary>Asks and reads to the end of the answer's body, which ends the exchange.</summary>
    public async Task<Answer> WholeAsync(UpstreamRequest request)
    {
        await using var reply = await AskAsync(request).Within();
        return reply.Error != ForwardError.None
            ? new Answer(0, "", reply.Error, null)
            : new Answer(reply.Head.Status, await ReadAsync(reply), reply.Error, reply.Trailers);
    }

    /// <summary>Leaves an idle connection behind: the next request goes up on it within the call of <see cref="AskAsync"/>,
    /// as far as the kernel and the client's body let it.</summary>
    public async Task WarmAsync(ScriptedOrigin origin)
    {
        Assert.Equal(200, (await WholeAsync(Request(origin, target: "/warm"))).Status);
        Assert.Equal(1, Pool.Connections);
    }

    public static async Task<string> ReadAsync(UpstreamReply reply)
    {
        var text = new StringBuilder();
        while (await PieceAsync(reply) is { Length: > 0 } piece)
            text.Append(piece);
        return text.ToString();
    }

    public static async Task<string> PieceAsync(UpstreamReply reply) =>
        Encoding.Latin1.GetString((await reply.ReadBodyAsync().AsTask().Within()).Span);

    public void Dispose() => Pool.Dispose();
}

/// <param name="Status">0: no head came.</param>
internal sealed record Answer(int Status, string Body, ForwardError Error, FieldList? Trailers);

/// <summary>A client that has sent the beginning of its body and says no more; tells when it is waited for.</summary>
internal sealed class SilentBody(string beginning) : PipeReader
{
    private readonly Pipe _pipe = new();
    private readonly TaskCompletionSource _awaited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _begun;

    /// <summary>Completes when all that there is has been taken and more is waited for.</summary>
    public Task Awaited => _awaited.Task;

    /// <summary>How often it was read and not advanced.</summary>
    public int Open { get; private set; }

    public PipeWriter Client => _pipe.Writer;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (!_begun)
        {
            _begun = true;
            if (beginning.Length > 0)
                await _pipe.Writer.WriteAsync(Encoding.Latin1.GetBytes(beginning), cancellationToken);
        }
        var read = _pipe.Reader.ReadAsync(cancellationToken);
        if (!read.IsCompleted)
            _awaited.TrySetResult();
        var result = await read;
        Open++;
        return result;
    }

    public override bool TryRead(out ReadResult result) => _pipe.Reader.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Open--;
        _pipe.Reader.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => _pipe.Reader.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _pipe.Reader.Complete(exception);
}
