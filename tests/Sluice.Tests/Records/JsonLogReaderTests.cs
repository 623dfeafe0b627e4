using System.Text;
using Sluice.Records;
using Sluice.Records.Formats;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Records;

public sealed class JsonLogReaderTests
{
    private const string Good = """{"time":"2026-01-02T03:04:05.678Z","kind":"http","http_request_method":"GET","url_full":"http://a.test/"}""";

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData(Good, 1, 1)]
    [InlineData(Good + "\n", 1, 1)]
    [InlineData(Good + "\r\n" + Good + "\r\n", 2, 2)]
    [InlineData(Good + "\n\n" + Good, 3, 2)]
    [InlineData("{\"time\":\"2026\n" + Good + "\n[]\nnull\n{}\n", 5, 1)]
    public void EveryRecord_IsReadWhateverStandsBesideIt(string text, int lines, int records)
    {
        foreach (var step in (int[])[1, 7, 1 << 20])
        {
            var reader = new JsonLogReader(new Slow(Encoding.UTF8.GetBytes(text), step));
            Assert.Equal(records, reader.Read().Count());
            Assert.Equal(lines, reader.Lines);
        }
    }

    [Fact]
    public void WhatIsNoRecord_IsCountedWithItsLineAndReason()
    {
        var text = $"x\n{Good}\n{{\"time\":\"2026-01-02T03:04:05Z\"}}\n{{\"time\":\"2026-01-02T03:04:05Z\",\"dropped\":7}}\n{new string('a', JsonLogReader.LongestLine + 5)}\n{Good}\n";
        var reader = new JsonLogReader(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        Assert.Equal([2L, 6L], reader.Read().Select(record => record.Line));
        Assert.Equal((3, 7), (reader.UnreadLines, reader.Missing));
        Assert.Equal(["1: is no record in JSON", "3: is no record: it has no kind", "5: has more than 1048576 octets"], reader.Unread);
    }

    [Fact]
    public void ALongLog_IsReadNoFurtherAheadThanABlockAndKeepsNoRecord()
    {
        var line = Encoding.UTF8.GetBytes(Good + "\n");
        var log = new Repeated(line, 200_000);
        var reader = new JsonLogReader(log);
        var (count, ahead, gone) = (0, 0L, new List<WeakReference>());
        foreach (var record in reader.Read())
        {
            if (++count % 50_000 == 1)
                gone.Add(new WeakReference(record));
            ahead = Math.Max(ahead, log.Given - (long)count * line.Length);
        }
        GC.Collect();
        Assert.Equal(200_000, count);
        Assert.InRange(ahead, 1, 128 << 10);
        Assert.All(gone, record => Assert.False(record.IsAlive));
    }

    [Fact]
    public void WhatOurFormatWrites_IsReadAgain()
    {
        var buffer = new LineBuffer(1024);
        var written = Sample.Denied();
        new JsonFormat().Write(written, buffer);
        var read = Assert.Single(new JsonLogReader(new MemoryStream(buffer.Written.ToArray())).Read());
        Assert.Equal((written.Listener, written.Method, written.Url, written.Status, written.ResponseBytes), (read.Listener, read.Method, read.Url, read.Status, read.ResponseBytes));
        Assert.Equal((written.User, "10.0.0.7", written.UserAgent, written.ContentType), (read.User, read.Client, read.UserAgent, read.ContentType));
        Assert.Equal(written.Verdict.Outcome, read.Verdict);
    }

    /// <summary>Gives a few octets at a time.</summary>
    private sealed class Slow(byte[] octets, int step) : MemoryStream(octets)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(step, buffer.Length)]);
    }

    private sealed class Repeated(byte[] line, int times) : MemoryStream
    {
        private long _at;

        public long Given => _at;

        public override int Read(Span<byte> buffer)
        {
            var end = (long)line.Length * times;
            var count = 0;
            for (; count < buffer.Length && _at < end; count++, _at++)
                buffer[count] = line[_at % line.Length];
            return count;
        }
    }
}
