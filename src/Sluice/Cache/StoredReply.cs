using System.Buffers;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>A whole answer from the cache, ready for the client: its conditions and Range are already evaluated.</summary>
public sealed class StoredReply
{
    /// <summary>The stored status, or 206, 304, 416.</summary>
    public required int Status { get; init; }

    /// <summary>The origin's fields with Age, Date and Content-Length, without hop-by-hop fields and without our
    /// Cache-Status and Via. A copy of the caller's own.</summary>
    public required FieldList Fields { get; init; }

    /// <summary>Empty for HEAD, 304 and 416, and where it is in a file. The blocks stay valid as long as somebody holds them.</summary>
    public ReadOnlySequence<byte> Body { get; init; }

    /// <summary>The body, or its ranges, in order, where it is in <see cref="File"/>; empty: it is not.</summary>
    public IReadOnlyList<Stretch> Stretches { get; init; } = [];

    /// <summary>What the ranges of <see cref="Stretches"/> are ranges of.</summary>
    public FileBody? File { get; init; }

    public long BodyLength => File is null ? Body.Length : Stretches.Sum(stretch => stretch.Length);

    /// <summary>With a whole body only.</summary>
    public FieldList? Trailers { get; init; }

    public required CacheStatus CacheStatus { get; init; }

    internal StoredReply As(CacheStatus status) =>
        new() { Status = Status, Fields = Fields, Body = Body, Trailers = Trailers, CacheStatus = status };
}
