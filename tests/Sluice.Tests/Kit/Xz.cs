using System.Diagnostics;

namespace Sluice.Tests.Kit;

/// <summary>Files compressed with xz; the program must be there.</summary>
internal static class Xz
{
    public static async Task<byte[]> ReadAsync(string path)
    {
        using var xz = Process.Start(new ProcessStartInfo("xz", ["-dc", path]) { RedirectStandardOutput = true })!;
        using var content = new MemoryStream();
        await xz.StandardOutput.BaseStream.CopyToAsync(content);
        await xz.WaitForExitAsync();
        Assert.Equal(0, xz.ExitCode);
        return content.ToArray();
    }
}
