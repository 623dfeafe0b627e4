using System.Net;
using System.Text;
using Sluice.Cache;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Config;

/// <summary>The tree to typed options, section by section. What is wrong goes to the list; reading goes on with
/// defaults, so that one run tells of everything.</summary>
internal sealed class Reader(string folder, bool tryPorts, ProblemList problems)
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMinutes(1);

    public Configuration Read(Mapping root)
    {
        var top = new Section(root, "", "", Keys.Table, problems);
        var users = new UserReader(folder);
        var options = users.Read(top);
        var listeners = new ListenerReader(folder, tryPorts).Read(top);
        var upstreams = UpstreamReader.ReadNamed(top, folder, listeners);
        var (copies, lists) = ReadLists(top.Child("lists"));
        var capture = ReadCapture(top.Child("capture"));
        var policies = new PolicyReader(folder, copies, listeners, [.. upstreams.Keys], users, capture is not null, problems);
        return new Configuration
        {
            Listeners = listeners,
            Cache = ReadCache(top.Child("cache")),
            Resolver = ReadResolver(top),
            Admin = ReadAdmin(top.Child("admin")),
            Dashboard = new DashboardReader(folder, tryPorts, users).Read(top.Child("dashboard")),
            Users = options,
            Upstreams = upstreams,
            Policies = policies.Read(top),
            Lists = lists with { Lists = policies.Subscribed },
            Log = new LogReader(folder).Read(top.Child("logs")),
            Capture = capture,
            Otlp = OtlpReader.Read(top.Child("otlp")),
            Page = ReadPage(top.Child("page")),
            Limits = ReadLimits(top.Child("limits")),
        };
    }

    private CacheOptions ReadCache(Section? cache)
    {
        var defaults = new CacheOptions();
        if (cache is null)
            return defaults;
        var memory = cache.Size("memory") ?? defaults.MemoryBytes;
        var maxEntry = cache.Size("maxEntry");
        if (maxEntry > memory && memory > 0)
            cache.Problem("maxEntry", $"'{Sizes.Text(maxEntry.Value)}' is more than memory, which is {Sizes.Text(memory)}");
        return new CacheOptions { MemoryBytes = memory, MaxEntryBytes = maxEntry, Disk = ReadDisk(cache.Child("disk")), Rules = new CacheRuleReader(problems).Read(cache) };
    }

    private AdminOptions ReadAdmin(Section? admin)
    {
        if (admin?.Text("socket") is not { } socket)
            return new AdminOptions();
        var path = Path.GetFullPath(socket, folder);
        var octets = Encoding.UTF8.GetByteCount(path);
        if (Directory.Exists(path))
            admin.Problem("socket", $"'{socket}' is a folder, name the socket in it");
        else if (!Directory.Exists(Path.GetDirectoryName(path)))
            admin.Problem("socket", $"'{socket}' is in a folder that does not exist: {Path.GetDirectoryName(path)}");
        else if (octets > AdminOptions.MaxSocketOctets)
            admin.Problem("socket", $"'{socket}' is too long for the name of a socket: with its folder {octets} octets, {AdminOptions.MaxSocketOctets} are the most");
        return new AdminOptions { Socket = path };
    }

    /// <summary>The folder of the copies (null: it is not named), and the rest.</summary>
    private (string? Copies, SubscriptionOptions Options) ReadLists(Section? lists)
    {
        var defaults = new SubscriptionOptions();
        if (lists is null)
            return (null, defaults);
        var every = lists.Duration("every") ?? defaults.Every;
        if (every < ShortestInterval)
            lists.Problem("every", $"'{(lists.Node["every"] as Scalar)?.Text}' is too often for those who serve lists, write 1m or more");
        var path = lists.Text("folder") is { } text ? MadeFolder(lists, "folder", text) : null;
        return (path, new SubscriptionOptions { Every = every, MaxBytes = lists.Size("maxSize") ?? defaults.MaxBytes });
    }

    /// <summary>A folder that is there, or that can be made in one that is.</summary>
    private string MadeFolder(Section section, string key, string text)
    {
        var path = Path.GetFullPath(text, folder);
        if (File.Exists(path))
            section.Problem(key, $"'{text}' is a file, name a folder");
        else if (!Directory.Exists(path) && !Directory.Exists(Path.GetDirectoryName(path)))
            section.Problem(key, $"'{text}' is in a folder that does not exist: {Path.GetDirectoryName(path)}");
        return path;
    }

    private DiskOptions? ReadDisk(Section? disk)
    {
        if (disk is null)
            return null;
        var path = disk.Text("path") is { } text ? MadeFolder(disk, "path", text) : folder;
        var size = disk.Size("size") ?? 0;
        var maxEntry = disk.Size("maxEntry");
        if (maxEntry > size && size > 0)
            disk.Problem("maxEntry", $"'{Sizes.Text(maxEntry.Value)}' is more than size, which is {Sizes.Text(size)}");
        return new DiskOptions { Path = path, SizeBytes = size, MaxEntryBytes = maxEntry };
    }

    private CaptureOptions? ReadCapture(Section? capture)
    {
        var defaults = new CaptureOptions { Folder = capture?.Text("folder") is { } text ? MadeFolder(capture, "folder", text) : "" };
        var read = defaults with { FileBytes = capture?.Size("size") ?? defaults.FileBytes, Files = (int)(capture?.Whole("files") ?? defaults.Files) };
        return read.Folder.Length == 0 ? null : read;
    }

    private static ResolverOptions ReadResolver(Section top)
    {
        switch (top.Node["resolver"])
        {
            case Scalar { Text: "system" }:
                return new ResolverOptions { IsSystem = true };
            case Scalar { IsNull: false, Place.HasLine: true, Text: var text }:
                top.Problem("resolver", $"'{text}' is not known, write system, or a list of name servers such as [10.0.0.53]");
                return new ResolverOptions();
            default:
                return new ResolverOptions { Servers = top.Some<IPEndPoint>("resolver", Values.NameServer) };
        }
    }

    private PageOptions ReadPage(Section? page)
    {
        if (page is null)
            return new PageOptions();
        var read = new PageOptions { Contact = page.Text("contact") };
        if (page.Text("template") is not { } file)
            return read;
        var path = Path.GetFullPath(file, folder);
        if (Files.WhyNot(path, FileAccess.Read) is { } unreadable)
            page.Problem("template", $"'{file}' cannot be read: {unreadable}{(file == path ? "" : $" ({path})")}");
        else if (PageTemplate.TryParse(File.ReadAllText(path), out var template) is { } wrong)
            page.Problem("template", $"{file}:{wrong.Line}: {wrong.Problem}");
        else
            return read with { Template = template };
        return read;
    }

    private static LimitOptions ReadLimits(Section? limits)
    {
        var defaults = new LimitOptions();
        if (limits is null)
            return defaults;
        var read = new LimitOptions
        {
            Connect = limits.Duration("connect") ?? defaults.Connect,
            Response = limits.Duration("response") ?? defaults.Response,
            Body = limits.Duration("body") ?? defaults.Body,
            KeepAlive = limits.Duration("keepAlive") ?? defaults.KeepAlive,
            Head = limits.Duration("head") ?? defaults.Head,
            TunnelIdle = limits.Duration("tunnelIdle") ?? defaults.TunnelIdle,
            HalfClosed = limits.Duration("halfClosed") ?? defaults.HalfClosed,
            Drain = limits.Duration("drain") ?? defaults.Drain,
            MaxHeadBytes = (int)(limits.Size("maxHead") ?? defaults.MaxHeadBytes),
            MaxRequestLineBytes = (int)(limits.Size("maxRequestLine") ?? defaults.MaxRequestLineBytes),
            MaxFields = (int)(limits.Whole("maxFields") ?? defaults.MaxFields),
            MaxBodyBytes = limits.Size("maxBody"),
            IdlePerUpstream = (int)(limits.Whole("idlePerUpstream") ?? defaults.IdlePerUpstream),
            ConnectionsPerUpstream = (int)(limits.Whole("connectionsPerUpstream") ?? defaults.ConnectionsPerUpstream),
            UpstreamMaxAge = limits.Duration("upstreamMaxAge") ?? defaults.UpstreamMaxAge,
            UpstreamKeepAlive = limits.Duration("upstreamKeepAlive") ?? defaults.UpstreamKeepAlive,
            ConnectPorts = limits.Many<Net.PortRange>("connectPorts", Values.Ports) ?? defaults.ConnectPorts,
        };
        if (read.MaxRequestLineBytes > read.MaxHeadBytes)
        {
            limits.Problem(limits.Has("maxRequestLine") ? "maxRequestLine" : "maxHead",
                $"maxRequestLine ({Sizes.Text(read.MaxRequestLineBytes)}) is more than maxHead ({Sizes.Text(read.MaxHeadBytes)}), of which it is a part");
        }
        return read;
    }
}
