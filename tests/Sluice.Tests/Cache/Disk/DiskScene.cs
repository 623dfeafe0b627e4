using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Cache;
using Sluice.Cache.Disk;
using Sluice.Cache.Memory;
using Sluice.Http;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cache.Disk;

/// <summary>A store in a folder of its own, that can be closed and opened again. Entries are named by a path; their bodies follow from that
/// and a version.</summary>
internal sealed class DiskScene : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly long _sizeBytes;

    public DiskScene(long sizeBytes = 64 << 20)
    {
        _sizeBytes = sizeBytes;
        Tier = Open();
    }

    public ManualTime Time { get; } = new();

    public Moment Now => Moment.Now(Time);

    public DiskTier Tier { get; private set; }

    public string Folder => _folder.File("store");

    public IReadOnlyList<string> Segments => [.. Directory.EnumerateFiles(Folder).Where(f => f.EndsWith(".seg", StringComparison.Ordinal) || f.EndsWith(".one", StringComparison.Ordinal)).Order()];

    public static CacheKey Key(string path, string scope = "") => new(scope, "http", "origin.test", 80, path);

    public static byte[] BodyOf(string path, int version, int length)
    {
        var body = new byte[length];
        new Random(HashCode.Combine(StableHash(path), version)).NextBytes(body);
        return body;
    }

    /// <summary>An entry as <see cref="HttpCache"/> makes them.</summary>
    public Entry Make(string path, int version = 1, int length = 1000, string? language = null, FieldList? trailers = null)
    {
        var request = new FieldList();
        if (language is not null)
            request.Add("Accept-Language", language);
        var fields = new FieldList
        {
            { "Date", HttpDate.Format(Time.GetUtcNow()) }, { "Cache-Control", "max-age=600" }, { "ETag", $"\"{version}\"" }, { "X-Odd", "a\u00e9\"\\ b" },
        };
        if (language is not null)
            fields.Add("Vary", "Accept-Language");
        var head = EntryHead.Of(request, new ResponseHead { Status = 200, Fields = fields }, ResponseDirectives.Of(fields, []), new Receipt(Now, Now, null));
        head.SetContentLength(length);
        return new Entry(Key(path), head, InBlocks(BodyOf(path, version, length)), trailers) { BanStamp = 7 };
    }

    /// <summary>Stores it and waits until it is written.</summary>
    public async Task PutAsync(Entry entry)
    {
        Assert.True(Tier.TryPut(entry));
        await Tier.WrittenAsync().Within();
    }

    /// <summary>Where an answer of this length goes.</summary>
    public Task PutAsync(string path, int length) => length > DiskTier.MostShared ? PutLargeAsync(path, 1, length) : PutAsync(Make(path, length: length));

    public async Task<bool> PutLargeAsync(string path, int version, int length)
    {
        var done = PutLarge(path, version, length);
        await Tier.WrittenAsync().Within();
        return done;
    }

    public bool PutLarge(string path, int version, int length)
    {
        var writer = Tier.TryBegin()!;
        var body = BodyOf(path, version, length);
        for (var at = 0; at < length; at += 100_000)
            writer.Append(body.AsSpan(at, Math.Min(100_000, length - at)));
        return writer.Commit(Key(path), Make(path, version, length).Head, null, 7);
    }

    public async Task<Entry?> FindAsync(string path, string? language = null)
    {
        var request = new FieldList();
        if (language is not null)
            request.Add("Accept-Language", language);
        return Reuse.Select(await Tier.FindAsync(Key(path)), request);
    }

    /// <summary>The body as it is found, or null; a file's is read and compared with its checksums.</summary>
    public async Task<byte[]?> ReadAsync(string path, string? language = null)
    {
        if (await FindAsync(path, language) is not { } entry)
            return null;
        if (entry.Body.File is not { } file)
            return entry.Body.Content.ToArray();
        var body = new byte[file.Length];
        var buffer = new byte[FileBody.BlockBytes];
        for (long at = 0; at < body.Length;)
        {
            var octets = await file.ReadAsync(at, buffer);
            if (octets.IsEmpty)
                return null;
            octets.CopyTo(body.AsMemory((int)at));
            at += octets.Length;
        }
        return body;
    }

    public async Task ReopenAsync(Action? between = null)
    {
        await Tier.DisposeAsync();
        between?.Invoke();
        Tier = Open();
        await Tier.Loading;
    }

    public async ValueTask DisposeAsync()
    {
        await Tier.DisposeAsync();
        _folder.Dispose();
    }

    private DiskTier Open() => new(new DiskOptions { Path = Folder, SizeBytes = _sizeBytes }, Time, NullLogger.Instance);

    private static Body InBlocks(byte[] octets)
    {
        var body = new BodyBuilder(new MemoryTier(256 << 20), octets.Length, 128 << 20);
        Assert.Equal(NotStoredReason.None, body.Append(octets));
        return body.Finish();
    }

    private static int StableHash(string text) => Encoding.UTF8.GetBytes(text).Aggregate(17, (hash, octet) => hash * 31 + octet);
}
