using Sluice.Policy.Lists;

namespace Sluice.Policy.Conditions;

/// <summary>Hosts, parts of URLs and file names, by entries in the configuration or a list file.</summary>
internal sealed class HostsCondition(ListIndex? inline, ListFile? file) : Condition
{
    /// <summary>What the configuration and the file name.</summary>
    public IReadOnlyList<ListIndex> Indexes => [.. inline is null ? [] : (ListIndex[])[inline], .. file is null ? [] : (ListIndex[])[file.Index]];

    public override string Name => "hosts";

    public override bool Matches(ref Asked asked, ref Match match)
    {
        var entry = default(ListEntry);
        if (inline is null || !inline.Find(ref asked, out entry))
        {
            if (file is null || !file.Find(ref asked, out entry))
                return false;
            (match.Source, match.List, match.Line) = (file, file.Path, entry.Line);
        }
        match.Because = entry.Kind switch
        {
            EntryKind.UrlPart => $"Addresses that contain '{entry.Text}' are not let through.",
            EntryKind.FileName => $"Files named '{entry.Text}' are not let through.",
            _ when entry.Text.Length > 0 => $"What lies under '{asked.Host}{entry.Text}' is not let through.",
            _ => $"The host '{asked.Host}' is not let through.",
        };
        return true;
    }

    public override string Explain(ref Asked asked, bool holds)
    {
        if (inline is not null && inline.Find(ref asked, out var entry))
            return Named(ref asked, entry, "");
        if (file is not null && file.Find(ref asked, out entry))
            return Named(ref asked, entry, $", {file.Path}:{entry.Line}");
        return $"{asked.Host} is not named{(file is null ? "" : $" in {file.Path}")}";
    }

    private static string Named(ref Asked asked, in ListEntry entry, string where) =>
        $"{(entry.Host.Length == 0 ? asked.Url : asked.Host + (entry.Text.Length == 0 ? "" : asked.Url))} is named by '{entry}'{where}";
}
