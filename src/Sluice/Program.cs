using Sluice.Cli;
using Sluice.Upstream;

// Before the first socket: completions run on the I/O threads, a third less CPU per request (docs/decisions/0003).
const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
if (Environment.GetEnvironmentVariable(InlineCompletions) is null)
    Environment.SetEnvironmentVariable(InlineCompletions, "1");

TlsKeyLog.Begin();
return await CommandTree.InvokeAsync(args);
