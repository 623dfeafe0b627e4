using System.Text;
using Sluice.Policy.Filters;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy.Filters;

public class FilterSetTests
{
    [Theory]
    [InlineData("||ads.test^", "Blocked")]
    [InlineData("||ads.test^ @@||ads.test/lib", "Excepted")]
    [InlineData("@@||ads.test/lib", "None")]
    [InlineData("||ads.test^ @@||ads.test^$image", "Blocked")]
    [InlineData("||ads.test^ @@||ads.test/lib ||ads.test^$important", "Blocked")]
    [InlineData("||ads.test^$important @@||ads.test/lib", "Blocked")]
    [InlineData("||ads.test^ @@||ads.test^$domain=other.test", "Blocked")]
    [InlineData("||ads.test^ @@||ads.test^$domain=page.test", "Excepted")]
    [InlineData("||ads.test^ @@*$domain=page.test", "Excepted")]
    // badfilter takes back the same filter, however its options are spelled and ordered.
    [InlineData("||ads.test^ ||ads.test^$badfilter", "None")]
    [InlineData("||ads.test^ ||ads.test/$badfilter", "Blocked")]
    [InlineData("||ads.test^$script,3p ||ads.test^$third-party,script,badfilter", "None")]
    [InlineData("||ads.test^$script,3p ||ads.test^$script,badfilter", "Blocked")]
    [InlineData("||ads.test^$script,image ||ads.test^$script,badfilter", "None")]
    [InlineData("||ads.test^$script,image ||ads.test^$image,badfilter", "Blocked")]
    [InlineData("||ads.test^$domain=a.test|page.test ||ads.test^$badfilter,domain=page.test|a.test", "None")]
    [InlineData("||ads.test^$domain=page.test ||ads.test^$badfilter", "Blocked")]
    [InlineData("||ads.test^ @@||ads.test^ @@||ads.test^$badfilter", "Blocked")]
    [InlineData("/l.b/ /l.b/$badfilter", "None")]
    [InlineData("ads.test ||ads.test^$badfilter", "None")]
    public void ImportantBlocks_GoBeforeExceptions_AndTheseBeforeBlocks(string filters, string outcome)
    {
        var lines = filters.Split(' ');
        Assert.Equal(Enum.Parse<FilterOutcome>(outcome), Filtering.Judge(Filtering.Set(lines), "http://ads.test/lib.js"));
        Array.Reverse(lines);
        Assert.Equal(Enum.Parse<FilterOutcome>(outcome), Filtering.Judge(Filtering.Set(lines), "http://ads.test/lib.js"));
    }

    [Fact]
    public void Match_NamesListAndLine_AndItsTextIsTheLine()
    {
        var builder = new FilterSetBuilder();
        builder.Add("\uFEFF! title\r\n\r\n  ||Ads.test^$script # why\r\n"u8, "one", []);
        builder.Add("@@/Lib/Ü.js\n||ads.test/x"u8, "two", []);
        var set = builder.Build();
        var blocked = set.Match(new FilterRequest { Url = "http://ads.test/y", Type = RequestType.Script });
        Assert.Equal((FilterOutcome.Blocked, "one", 3), (blocked.Outcome, blocked.List, blocked.Line));
        Assert.Equal("||Ads.test^$script", set.TextOf(blocked));
        var excepted = set.Match(new FilterRequest { Url = "http://ads.test/lib/%C3%BC.js", Type = RequestType.Script });
        Assert.Equal((FilterOutcome.Excepted, "two", 1, "@@/Lib/Ü.js"), (excepted.Outcome, excepted.List, excepted.Line, set.TextOf(excepted)));
        Assert.Equal([1, 2], set.Lists.Select(list => list.Filters));
        Assert.Equal("", set.TextOf(set.Match(new FilterRequest { Url = "http://a.test/" })));
    }

    [Theory]
    // Not knowing the type: a block for some types does not match, an exception does.
    [InlineData("||ads.test^", "", false, "Blocked")]
    [InlineData("||ads.test^$script", "", false, "None")]
    [InlineData("||ads.test^$~document", "", false, "Blocked")]
    [InlineData("||ads.test^ @@||ads.test^$image", "", false, "Excepted")]
    // Not knowing the page.
    [InlineData("||ads.test^$3p", "", false, "None")]
    [InlineData("||ads.test^$1p", "", false, "None")]
    [InlineData("||ads.test^$3p", "page.test", false, "Blocked")]
    [InlineData("||ads.test^$domain=page.test", "", false, "None")]
    [InlineData("||ads.test^$domain=~page.test", "", false, "Blocked")]
    [InlineData("||ads.test^$strict3p", "", false, "None")]
    [InlineData("||ads.test^ @@||ads.test^$3p", "", false, "Excepted")]
    [InlineData("||ads.test^ @@||ads.test^$strict1p", "", false, "Excepted")]
    [InlineData("||ads.test^ @@||ads.test^$domain=page.test", "", false, "Blocked")]
    // Knowing the host alone: a pattern that is done within it.
    [InlineData("||ads.test^", "", true, "Blocked")]
    [InlineData("||test^", "", true, "Blocked")]
    [InlineData("||ads.", "", true, "Blocked")]
    [InlineData("ads.", "", true, "Blocked")]
    [InlineData("ds.test/", "", true, "Blocked")]
    [InlineData("||ads.test/|", "", true, "None")]
    [InlineData("||ads.test/x", "", true, "None")]
    [InlineData("/ads/*", "", true, "None")]
    [InlineData(@"/^https:\/\/ads/", "", true, "None")]
    [InlineData("||ads.test^ @@||ads.test/x", "", true, "Blocked")]
    [InlineData("||ads.test^ @@||ads.test^", "", true, "Excepted")]
    public void WhatIsNotKnown_IsDecidedForTheClient(string filters, string source, bool hostOnly, string outcome) =>
        Assert.Equal(Enum.Parse<FilterOutcome>(outcome), Filtering.Set(filters.Split(' '))
            .Match(new FilterRequest { Url = "https://ads.test/", Source = source, IsHostOnly = hostOnly }).Outcome);

    [Fact]
    public void PartyThatTheClientSays_NeedsNoPage()
    {
        var set = Filtering.Set("||ads.test^$3p");
        Assert.Equal(FilterOutcome.Blocked, set.Match(new FilterRequest { Url = "https://ads.test/", Party = Party.Third }).Outcome);
        Assert.Equal(FilterOutcome.None, set.Match(new FilterRequest { Url = "https://ads.test/", Party = Party.First }).Outcome);
    }

    [Theory]
    [InlineData("||ads.test^", "Blocked")]
    [InlineData("||ads.test^$3p", "None")]
    [InlineData("||ads.test^$1p", "Blocked")]
    [InlineData("||ads.test/lib", "None")]
    [InlineData("||ads.test/lib$document", "Blocked")]
    [InlineData("||ads.test^$document,domain=page.test", "None")]
    [InlineData("||ads.test^$document,domain=ads.test", "Blocked")]
    [InlineData("||ads.test^ @@||ads.test/lib", "Excepted")]
    [InlineData("||ads.test^ @@||ads.test/lib$document", "Excepted")]
    [InlineData("||ads.test^ @@||ads.test/lib$script", "Blocked")]
    [InlineData(@"/^http:\/\/ads\.test/", "Blocked")]
    [InlineData(@"/ads\.test.lib/", "None")]
    public void Page_IsAskedByItself_AndBlockedByItsHost(string filters, string outcome) =>
        Assert.Equal(Enum.Parse<FilterOutcome>(outcome), Filtering.Judge(Filtering.Set(filters.Split(' ')), "http://ads.test/lib", "page.test", RequestType.Document));

    [Theory]
    [InlineData("!#if env_chromium;a.test;!#else;b.test;!#endif;c.test", "a.test c.test")]
    [InlineData("!#if env_firefox;a.test;!#else;b.test;!#endif;c.test", "b.test c.test")]
    [InlineData("!#if cap_html_filtering;a.test;!#endif", "")]
    [InlineData("!#if !cap_html_filtering;a.test;!#endif", "a.test")]
    [InlineData("!#if env_firefox;!#if ext_ublock;a.test;!#else;b.test;!#endif;!#else;c.test;!#endif", "c.test")]
    [InlineData("!#if ext_ublock && !env_mobile;a.test;!#endif", "a.test")]
    [InlineData("!#if env_mobile || env_chromium;a.test;!#endif", "a.test")]
    [InlineData("!#if (adguard);a.test;!#endif", "")]
    [InlineData("!#if ext_ublock &&;a.test;!#endif", "a.test")]
    [InlineData("!#if ;a.test;!#endif", "a.test")]
    [InlineData("!#endif;!#else;a.test", "a.test")]
    [InlineData("!#include other.txt;a.test", "a.test")]
    [InlineData("!#if env_firefox;a.test", "")]
    public void Conditions_SwitchLines(string lines, string hosts)
    {
        var set = Filtering.Set(lines.Split(';'));
        var held = ((string[])["a.test", "b.test", "c.test"]).Where(host => Filtering.Judge(set, $"http://{host}/") == FilterOutcome.Blocked);
        Assert.Equal(hosts, string.Join(' ', held));
    }

    [Fact]
    public void Counts_AreByReason_AndProblemsAreBounded()
    {
        var problems = new List<Sluice.Policy.PolicyProblem>();
        var text = string.Concat(Enumerable.Repeat("||a.test^$nosuch\n", FilterSetBuilder.MostProblems + 50)) + "! x\na.test##b\n!#if false\na.test\n!#endif\n||b.test^\n||b.test^$badfilter";
        var list = FilterSet.Parse(Encoding.UTF8.GetBytes(text), "list", problems).Lists.Single();
        Assert.Equal(FilterSetBuilder.MostProblems, problems.Count);
        Assert.Equal(
            (150, 3, 1, 1, 2, 0),
            (list.Skipped(FilterSkip.UnknownOption), list.Skipped(FilterSkip.Comment), list.Skipped(FilterSkip.Cosmetic), list.Skipped(FilterSkip.SwitchedOff), list.Skipped(FilterSkip.Cancelled), list.Filters));
    }

    [Fact]
    public void Regexes_AreBounded()
    {
        var list = Filtering.Set([.. Enumerable.Range(0, FilterSetBuilder.MostRegexes + 3).Select(i => $"/a+{i}/")]).Lists.Single();
        Assert.Equal((FilterSetBuilder.MostRegexes, 3), (list.Filters, list.Skipped(FilterSkip.TooManyRegexes)));
    }

    [Theory]
    [InlineData("http://a.test/\u00fc/banner")]
    [InlineData("banner")]
    [InlineData("://")]
    [InlineData("http://")]
    [InlineData("http:///banner")]
    [InlineData("http://[2001:db8::1]:80/banner")]
    [InlineData("http://a...b/banner")]
    [InlineData("")]
    public void OddUrls_AreMatchedAllTheSame(string url)
    {
        var set = Filtering.Set("banner$script", "||ads.test^", "||a*b^c", "^", "*$3p,domain=a.*", "/x.y/");
        var outcome = set.Match(new FilterRequest { Url = url, Source = "..a", Type = RequestType.Script }).Outcome;
        Assert.Equal(url.Contains("banner", StringComparison.Ordinal) ? FilterOutcome.Blocked : FilterOutcome.None, outcome);
    }

    [Fact]
    public void LongUrls_AreMatchedToTheirEnd()
    {
        var set = Filtering.Set("/banner^|");
        Assert.Equal(FilterOutcome.Blocked, Filtering.Judge(set, $"http://a.test/{new string('x', 100_000)}/banner"));
    }

    [Fact]
    public void Matching_AllocatesNothing()
    {
        var set = Filtering.Set("||ads.test^$3p,domain=page.test|other.*", "/banner/*/x^", "@@||ads.test/lib$script", "/b[an]+er/", "*$image,domain=page.test");
        Judge(set);
        Assert.Equal(0, Allocated.By(() =>
        {
            Judge(set);
        }));

        static void Judge(FilterSet set)
        {
            foreach (var url in (ReadOnlySpan<string>)["http://ads.test/", "http://ads.test/lib.js", "http://a.test/banner/y/x", "http://a.test/nothing"])
                for (var i = 0; i < 10; i++)
                    set.Match(new FilterRequest { Url = url, Source = "page.test", Type = RequestType.Script, Method = "GET" });
        }
    }
}
