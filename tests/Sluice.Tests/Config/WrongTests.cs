using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Sluice.Config;

namespace Sluice.Tests.Config;

/// <summary>Each file under Wrong/ and, beside it, the exact problems that it gives.</summary>
public class WrongTests
{
    private static readonly string Folder = Path.Combine(Path.GetDirectoryName(Here())!, "Wrong");

    private static readonly Dictionary<string, string> BadOverrides = new()
    {
        ["SLUICE__Cach__Memory"] = "64MiB",
        ["SLUICE__Limits__Connect"] = "5",
        ["SLUICE__LISTENERS__2__BIND"] = "127.0.0.1:0",
        ["SLUICE_Limits"] = "not ours",
    };

    public static TheoryData<string> Files() =>
        [.. Directory.GetFiles(Folder, "*.yaml").Order().Select(f => Path.GetFileNameWithoutExtension(f))];

    [Theory]
    [MemberData(nameof(Files))]
    public void WrongFile_GivesExactlyItsProblems(string name)
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (name == "07-port-in-use")
        {
            taken.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 18128));
            taken.Listen();
        }
        var loaded = ConfigurationFile.Load(Path.Combine(Folder, name + ".yaml"), name == "10-bad-override" ? BadOverrides : []);

        var expected = File.ReadAllText(Path.Combine(Folder, name + ".expected")).Trim();
        Assert.Equal(expected, string.Join('\n', loaded.Problems).Replace(Folder + "/" + name, name).Replace(Folder, "FOLDER"));
        Assert.Null(loaded.Configuration);
    }

    [Fact]
    public void WrongFolder_HoldsEveryKindOfMistake() => Assert.True(Files().Count >= 10);

    private static string Here([CallerFilePath] string path = "") => path;
}
