namespace Sluice.Forwarding;

/// <summary>A subscribed list as it stands.</summary>
/// <param name="Url">As it is shown: without its query.</param>
/// <param name="Path">Of the copy.</param>
public sealed record SubscriptionState(string Url, string Path)
{
    /// <summary>When it was asked for last, whatever came of it; null: never.</summary>
    public DateTimeOffset? Asked { get; init; }

    /// <summary>When the copy was written; null: there is none.</summary>
    public DateTimeOffset? Changed { get; init; }

    /// <summary>When it will be asked for; null: it is being asked for, or nobody does so by himself.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>Why nothing came of it the last time, in a sentence without its full stop; null: all went well.</summary>
    public string? Error { get; init; }

    /// <summary>How far it has come; null: it is not being asked for.</summary>
    public DownloadProgress? Progress { get; init; }
}

/// <param name="Bytes">So far, without content coding.</param>
/// <param name="Total">Null: not known, or not yet.</param>
public sealed record DownloadProgress(long Bytes, long? Total);
