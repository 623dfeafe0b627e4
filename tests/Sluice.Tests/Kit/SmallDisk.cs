using System.Diagnostics;

namespace Sluice.Tests.Kit;

/// <summary>A file system in memory that can be full. Where none can be mounted the test is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempFolder _folder = new();

    public SmallDisk(int mebibytes)
    {
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "none", _folder.Path))
            return;
        _folder.Dispose();
        Assert.Skip("no small file system can be mounted here: it needs Linux and root");
    }

    public string File(string name) => _folder.File(name);

    /// <summary>Takes what room there is, but for so many octets.</summary>
    public void Fill(int spare)
    {
        using var ballast = System.IO.File.Create(File("ballast"));
        var room = new DriveInfo(_folder.Path).AvailableFreeSpace - spare;
        for (var block = new byte[64 << 10]; room > 0; room -= block.Length)
            ballast.Write(block);
    }

    public void MakeRoom() => System.IO.File.Delete(File("ballast"));

    public void Dispose()
    {
        Run("umount", _folder.Path);
        _folder.Dispose();
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
