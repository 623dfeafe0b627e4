using System.Diagnostics.Tracing;

namespace Sluice.Bench.Checks;

/// <summary>Which types this process allocates, as the runtime samples them: .NET's event AllocationSampled, one in each
/// 100 KiB on average, every byte with the same chance.</summary>
internal sealed class AllocatedTypes : EventListener
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";
    private const EventKeywords AllocationSampling = (EventKeywords)0x80000000000;
    private const double BytesPerSample = 100 << 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (double Bytes, double Objects)> _types = [];

    /// <summary>Estimates since the start.</summary>
    public List<AllocatedType> Most(int count)
    {
        lock (_lock)
            return [.. _types.Select(type => new AllocatedType(type.Key, type.Value.Bytes, type.Value.Objects))
                .OrderByDescending(type => type.Bytes).Take(count)];
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Runtime)
            EnableEvents(eventSource, EventLevel.Informational, AllocationSampling);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName != "AllocationSampled" || eventData.PayloadNames is not { } names || eventData.Payload is not { } values)
            return;
        var type = (string)values[names.IndexOf("TypeName")]!;
        var size = Convert.ToDouble(values[names.IndexOf("ObjectSize")], null);
        // An object of n bytes is sampled with the chance 1 - (1 - 1/102400)^n.
        var objects = 1 / (1 - Math.Pow(1 - 1 / BytesPerSample, size));
        lock (_lock)
        {
            var sum = _types.GetValueOrDefault(type);
            _types[type] = (sum.Bytes + objects * size, sum.Objects + objects);
        }
    }
}

/// <summary>An estimate of what became of one type.</summary>
internal sealed record AllocatedType(string Name, double Bytes, double Objects);
