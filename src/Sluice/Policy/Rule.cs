using Sluice.Policy.Lists;

namespace Sluice.Policy;

/// <summary>One rule as it judges: its entries, its verdicts, its counter. Lives as long as its policy; the lists in it change.</summary>
internal sealed class Rule
{
    private readonly RuleOptions _options;
    private readonly ListIndex? _inline;
    private readonly ListFile? _file;
    private readonly Verdict _verdict;
    private long _hits;

    /// <param name="options">The rule.</param>
    /// <param name="file">Its list file, where it has one.</param>
    /// <param name="problems">Receives the entries in the configuration that cannot be read.</param>
    public Rule(RuleOptions options, ListFile? file, List<PolicyProblem> problems)
    {
        _options = options;
        _file = file;
        _inline = options.Hosts.Count == 0 ? null : Inline(options, problems);
        _verdict = options.Deny
            ? new Verdict { Denies = true, Rule = options.Id, Status = options.Status, Reason = options.Reason ?? $"The rule '{options.Id}' lets nothing through." }
            : new Verdict { Rule = options.Id };
    }

    public string Id => _options.Id;

    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>The rule's verdict, counted, or null where it does not match.</summary>
    public Verdict? Judge(ref Asked asked)
    {
        if (_inline is null && _file is null)
            return Counted(_verdict);
        if (_inline is not null && _inline.Find(ref asked, out var entry))
            return Counted(_verdict with { Reason = Reason(entry, asked.Host) });
        if (_file is not null && _file.Find(ref asked, out entry))
            return Counted(_verdict with { List = _file.Path, Line = entry.Line, Reason = Reason(entry, asked.Host) });
        return null;
    }

    private Verdict Counted(Verdict verdict)
    {
        Interlocked.Increment(ref _hits);
        return verdict;
    }

    private string Reason(in ListEntry entry, string host)
    {
        if (!_options.Deny)
            return "";
        return _options.Reason ?? entry.Kind switch
        {
            EntryKind.UrlPart => $"Addresses that contain '{entry.Text}' are not let through.",
            EntryKind.FileName => $"Files named '{entry.Text}' are not let through.",
            _ when entry.Text.Length > 0 => $"What lies under '{host}{entry.Text}' is not let through.",
            _ => $"The host '{host}' is not let through.",
        };
    }

    private static ListIndex Inline(RuleOptions options, List<PolicyProblem> problems)
    {
        var list = new ListBuilder(options.Id, 0);
        for (var i = 0; i < options.Hosts.Count; i++)
        {
            var (entry, problem) = ListParser.ParseLine(options.Hosts[i], i + 1);
            if (problem is not null)
                problems.Add(new PolicyProblem(options.Where ?? $"rule '{options.Id}'", problem, Fatal: true));
            else if (entry is { } found)
                list.Add(found);
        }
        return list.Build(ListFormat.Lines).Index;
    }
}
