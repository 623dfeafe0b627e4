using System.Text;
using Sluice.Policy;
using Sluice.Policy.Lists;

namespace Sluice.Tests.Policy.Lists;

/// <summary>Lists in one line each.</summary>
internal static class Listed
{
    public static ListContent Read(string content) => Read(Encoding.UTF8.GetBytes(content));

    public static ListContent Read(byte[] content) => ListContent.Read(new MemoryStream(content), "list", content.Length);

    /// <summary>The line that names the host, or 0.</summary>
    public static int Line(this ListContent list, string host)
    {
        var asked = new Asked(Ask.Connect($"{host}:443"), default, TimeProvider.System);
        return list.Index.Find(ref asked, out var entry) ? entry.Line : 0;
    }

    /// <summary>What the list says of hosts: <c>ads.test:3</c> for one that line 3 names, <c>b.test:-</c> for one that none does.</summary>
    public static string Say(this ListContent list, string hosts) =>
        string.Join(' ', hosts.Split(' ').Select(host => list.Line(host) is > 0 and var line ? $"{host}:{line}" : $"{host}:-"));
}
