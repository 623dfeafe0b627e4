using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace Sluice.Policy;

/// <summary>What a rule's <see cref="RateOptions"/> leave to each. Limiters are made when they are first asked and forgotten some time after they were last; they go by the machine's clock.</summary>
internal sealed class RuleRate : IDisposable
{
    // As often as the library looks.
    private static readonly TimeSpan Refill = TimeSpan.FromMilliseconds(100);
    private const int Segments = 10;

    private int _owners = 1;

    private readonly Lazy<PartitionedRateLimiter<Sharer>>? _requests;
    private readonly Lazy<PartitionedRateLimiter<Sharer>>? _octets;

    public RuleRate(RateOptions options)
    {
        Options = options;
        if (options.Requests is { } most)
            _requests = new(() => PartitionedRateLimiter.Create<Sharer, Sharer>(sharer => RateLimitPartition.GetSlidingWindowLimiter(sharer, _ => new SlidingWindowRateLimiterOptions
            {
                PermitLimit = most, Window = options.Every, SegmentsPerWindow = Segments, AutoReplenishment = false,
            })));
        if (options.BytesPerSecond is { } rate)
            _octets = new(() => PartitionedRateLimiter.Create<Sharer, Sharer>(sharer => RateLimitPartition.GetTokenBucketLimiter(sharer, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = rate, TokensPerPeriod = Math.Max(1, (int)(rate * Refill.TotalSeconds)), ReplenishmentPeriod = Refill, AutoReplenishment = false,
                QueueLimit = int.MaxValue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            })));
    }

    public RateOptions Options { get; }

    /// <summary>For one more who disposes it.</summary>
    public RuleRate Share()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    /// <summary>One request more. False: it is one too many.</summary>
    public bool TryTake(Asker asker)
    {
        if (_requests is null)
            return true;
        using var lease = _requests.Value.AttemptAcquire(SharerOf(asker));
        return lease.IsAcquired;
    }

    /// <summary>What paces the octets; null: nothing does.</summary>
    public Bandwidth? BandwidthFor(Asker asker) => _octets is null ? null : new Bandwidth(this, SharerOf(asker));

    public ValueTask<RateLimitLease> TakeAsync(Sharer sharer, int octets, CancellationToken cancellation) => _octets!.Value.AcquireAsync(sharer, octets, cancellation);

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) > 0)
            return;
        if (_requests is { IsValueCreated: true })
            _requests.Value.Dispose();
        if (_octets is { IsValueCreated: true })
            _octets.Value.Dispose();
    }

    private Sharer SharerOf(Asker asker) => Options.Per == RateShare.Rule ? default
        : asker.Client is { } client ? new Sharer(null, NetworkOf(client))
        : default;

    private static UInt128 NetworkOf(IPAddress client)
    {
        Span<byte> octets = stackalloc byte[16];
        var plain = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        plain.TryWriteBytes(octets, out _);
        if (plain.AddressFamily == AddressFamily.InterNetworkV6)
            octets[8..].Clear();
        return BinaryPrimitives.ReadUInt128BigEndian(octets);
    }
}

/// <summary>Those whose use is counted together.</summary>
internal readonly record struct Sharer(string? User, UInt128 Network);
