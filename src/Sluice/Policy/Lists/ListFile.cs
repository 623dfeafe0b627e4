using Sluice.Net;

namespace Sluice.Policy.Lists;

/// <summary>A list file: its last good content.</summary>
/// <param name="path">Of the file.</param>
/// <param name="time">Tells when it was read.</param>
internal sealed class ListFile(string path, TimeProvider time) : ListSource(path)
{
    private ListContent _content = ListContent.Empty;
    private long _hits;

    public string Path => path;

    public override IEnumerable<ListState> States
    {
        get
        {
            var content = _content;
            return
            [
                new ListState(Path, content.Format, content.Index.Count, content.UnreadLines, content.Unread, content.Index.RetainedBytes)
                {
                    Written = content.Written,
                    ReadAt = content.ReadAt,
                    Hits = Interlocked.Read(ref _hits),
                },
            ];
        }
    }

    /// <summary>What it names now.</summary>
    public ListIndex Index => _content.Index;

    /// <summary>The first entry found that names the request.</summary>
    public bool Find(ref Asked asked, out ListEntry entry) => _content.Index.Find(ref asked, out entry);

    public override void Count(string path) => Interlocked.Increment(ref _hits);

    protected override IReadOnlyList<PolicyProblem> Read(IReadOnlyList<FileStamp?> stamps)
    {
        try
        {
            using var file = new FileStream(Path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
            var content = ListContent.Read(file, Path, stamps[0]?.Length ?? 0);
            if (content.Format == ListFormat.Adblock)
                return [new PolicyProblem(Path, "is a list of filters: name it under 'filters' instead of 'hosts'", Fatal: true)];
            _content = content with { Written = stamps[0]?.Written, ReadAt = time.GetUtcNow() };
            return [.. _content.Problems(Path)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [Unreadable(Path, e)];
        }
    }
}
