using Sluice.Net;

namespace Sluice.Config;

/// <summary>Where the configuration comes from, now and at each reload.</summary>
/// <param name="load">Reads it; told whether ports are tried, which is not for those that we hold.</param>
/// <param name="file">The file that is watched; null: there is none.</param>
public sealed class ConfigurationSource(Func<bool, Loaded> load, string? file = null)
{
    private readonly FileWatch _watch = new(file is null ? [] : [file]);

    public Loaded Read(bool tryPorts)
    {
        _watch.Read();
        return load(tryPorts);
    }

    /// <summary>The file has changed since it was read, and does not change any more. To be asked again and again (<see cref="Looking"/>).</summary>
    internal bool HasChanged() => _watch.HasSettledChange();

    /// <summary>The file is not as it was read last.</summary>
    internal bool IsNews() => _watch.HasChange();
}
