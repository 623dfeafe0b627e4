using System.Globalization;

namespace Sluice.Cache;

/// <summary>Our member of Cache-Status (RFC 9211), e.g. <c>sluice; hit; ttl=123</c> or
/// <c>sluice; fwd=uri-miss; fwd-status=200; stored</c>. A value of the stack: it becomes a string only when asked.</summary>
public readonly record struct CacheStatus
{
    private const string Name = "sluice";

    /// <summary>Served without asking upstream (s.2.1).</summary>
    public bool Hit { get; init; }

    /// <summary>Why it was forwarded (s.2.2); with <see cref="Hit"/> always None.</summary>
    public MissReason Forwarded { get; init; }

    /// <summary>The origin's status (s.2.3); 0 where it did not answer or was not asked.</summary>
    public int ForwardStatus { get; init; }

    /// <summary>Seconds of freshness left, negative when stale (s.2.4).</summary>
    public long? Ttl { get; init; }

    /// <summary>The answer is being stored (s.2.5).</summary>
    public bool Stored { get; init; }

    /// <summary>Answered by the fetch of another request (s.2.6).</summary>
    public bool Collapsed { get; init; }

    /// <summary>A token (s.2.8); where null, the reason's own.</summary>
    public string? Detail { get; internal init; }

    /// <summary>The list member as it goes into the field.</summary>
    public override string ToString()
    {
        var detail = Detail ?? Forwarded.Detail();
        var text = new Text(stackalloc char[256]);
        text.Add(Name);
        if (Hit)
            text.Add("; hit");
        else if (Forwarded != MissReason.None)
        {
            text.Add("; fwd=");
            text.Add(Forwarded.ForwardToken());
        }
        if (ForwardStatus != 0)
            text.Add("; fwd-status=", ForwardStatus);
        if (Stored)
            text.Add("; stored");
        if (Collapsed)
            text.Add("; collapsed");
        if (Ttl is { } ttl)
            text.Add("; ttl=", ttl);
        if (detail is not null)
        {
            text.Add("; detail=");
            text.Add(detail);
        }
        return text.ToString();
    }

    private ref struct Text(Span<char> room)
    {
        private readonly Span<char> _room = room;
        private int _length;

        public void Add(string text)
        {
            text.CopyTo(_room[_length..]);
            _length += text.Length;
        }

        public void Add(string text, long number)
        {
            Add(text);
            number.TryFormat(_room[_length..], out var written, provider: CultureInfo.InvariantCulture);
            _length += written;
        }

        public override readonly string ToString() => new(_room[.._length]);
    }
}
