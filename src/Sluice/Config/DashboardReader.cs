using System.Net;
using Sluice.Dashboard;

namespace Sluice.Config;

/// <summary>The section <c>dashboard</c>.</summary>
internal sealed class DashboardReader(string folder, bool tryPorts, UserReader users)
{
    public DashboardOptions Read(Section? section)
    {
        if (section is null)
            return new DashboardOptions();
        var options = new DashboardOptions
        {
            Bind = section.Object<IPEndPoint>("bind", Values.Bind),
            Admins = section.Some<string>("admins", Admin),
            Names = section.Some<string>("names", Values.HostName),
            TokenFile = section.Text("token") is { } token ? ReadToken(section, token) : null,
        };
        if (section.Has("token") && !section.Has("admins"))
            section.Problem("token", "is asked of nobody, as there is no login without admins: add admins: [NAME], or remove it");
        if (options.Bind is { } bind)
            Check(section, bind);
        return options;
    }

    private void Check(Section section, IPEndPoint bind)
    {
        var text = ((Scalar)section.Node["bind"]!).Text;
        if (!IPAddress.IsLoopback(bind.Address) && !section.Has("admins"))
        {
            section.Problem("bind", $"'{text}' would let everyone who reaches it look and act: "
                + $"add admins: [NAME] with users of the section users, or bind to 127.0.0.1:{bind.Port}");
        }
        else if (tryPorts && PortTrial.WhyNot(bind) is { } wrong)
            section.Problem("bind", $"'{text}' {wrong}");
    }

    private string? Admin(string text, out string name)
    {
        name = text;
        return text.StartsWith('@') ? users.Group(text[1..], out _) : users.User(text, out _);
    }

    private string ReadToken(Section section, string file)
    {
        var path = Path.GetFullPath(file, folder);
        if (Files.WhyNot(path, FileAccess.Read) is { } unreadable)
            section.Problem("token", $"'{file}' cannot be read: {unreadable}{(file == path ? "" : $" ({path})")}");
        else if (TokenFile.Read(path).Problem is { } wrong)
            section.Problem("token", $"'{file}' {wrong}");
        return path;
    }
}
