namespace Sluice.Policy.Filters;

/// <summary>What a browser wants an answer for, in the words of filter lists. Up to <see cref="Other"/> what pages load;
/// filters that name no type are about these.</summary>
internal enum RequestType : byte
{
    Unknown,
    Stylesheet,
    Image,
    Object,
    Script,
    Xhr,
    Frame,
    Font,
    Media,
    WebSocket,
    Ping,
    Other,

    /// <summary>A page that a person goes to.</summary>
    Document,
}

/// <summary>Sets of types: bit 0 is the first that is known.</summary>
internal static class TypeSet
{
    public const ushort Loads = (1 << (int)RequestType.Other) - 1;

    public const ushort All = (1 << (int)RequestType.Document) - 1;

    public static ushort Of(RequestType type) => type == RequestType.Unknown ? (ushort)0 : (ushort)(1 << ((int)type - 1));
}
