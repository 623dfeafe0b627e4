using System.Text;
using CsCheck;
using Sluice.Policy.Lists;

namespace Sluice.Tests.Policy.Lists;

public class LineReaderTests
{
    [Fact]
    public void LinesAreThoseOfTheText_HoweverLongTheyAreAndHoweverTheyCome() =>
        Gen.Select(Gen.Frequency((5, Gen.Int[0, 30]), (1, Gen.Int[0, LineReader.LongestLine - 1])).Array[1, 40], Gen.Int[1, 100_000], Gen.Bool).Sample((lengths, step, mark) =>
        {
            var text = string.Join('\n', lengths.Select((length, i) => new string((char)('a' + i % 26), length)));
            var reader = new LineReader(new SlowStream((mark ? "\uFEFF" : "") + text, step));
            string[] expected = text.EndsWith('\n') ? text.Split('\n')[..^1] : text.Length == 0 ? [] : text.Split('\n');
            foreach (var each in expected)
            {
                Assert.True(reader.TryRead(out var line));
                Assert.Equal(each, Encoding.ASCII.GetString(line));
                Assert.False(reader.IsCutOff);
            }
            Assert.False(reader.TryRead(out _));
            Assert.Equal(expected.Length, reader.Number);
        }, iter: 200);

    [Theory]
    [InlineData(LineReader.LongestLine)]
    [InlineData(LineReader.LongestLine + 1)]
    [InlineData(3 * LineReader.LongestLine)]
    public void ATooLongLine_IsOneUnreadLine(int length)
    {
        var list = Listed.Read($"a.test\n{new string('x', length)}\nb.test\n");
        Assert.StartsWith("list:2: 'xxx", Assert.Single(list.Unread).ToString(), StringComparison.Ordinal);
        Assert.Equal("a.test:1 b.test:3", list.Say("a.test b.test"));
        Assert.Equal(1, Listed.Read(new string('x', length)).UnreadLines);
    }

    private sealed class SlowStream(string text, int step) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(step, buffer.Length)]);
    }
}
