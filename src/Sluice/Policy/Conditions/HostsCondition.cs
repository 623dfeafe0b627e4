using Sluice.Policy.Lists;

namespace Sluice.Policy.Conditions;

/// <summary>Hosts, parts of URLs and file names, by entries in the configuration or a list file.</summary>
internal sealed class HostsCondition(ListIndex? inline, ListFile? file) : Condition
{
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
}
