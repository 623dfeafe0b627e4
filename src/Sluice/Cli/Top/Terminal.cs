using System.Runtime.InteropServices;
using System.Text;

namespace Sluice.Cli.Top;

/// <summary>The terminal as a screen that is drawn anew. What it was before it is again when this is disposed of: also after Ctrl-C, SIGTERM and SIGHUP, which end the program.</summary>
internal sealed class Terminal : IDisposable
{
    // Alternate screen, no cursor, lines that are too long are not continued on the next.
    private const string Enter = "\e[?1049h\e[?25l\e[?7l";
    private const string Leave = "\e[?7h\e[?25h\e[?1049l";

    private readonly Stream _screen = Console.OpenStandardOutput();
    private readonly PosixSignalRegistration[] _signals;
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private string[] _drawn = [];
    private bool _hasLeft;

    public Terminal()
    {
        // Else what ends the program would come before it is left.
        Console.TreatControlCAsInput = true;
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(signal => PosixSignalRegistration.Create(signal, End))];
        Write(Enter);
    }

    /// <summary>Somebody ends the program.</summary>
    public CancellationToken Ended => _ended.Token;

    public static bool IsThere => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    public static (int Width, int Height) Size => (Math.Max(40, Console.WindowWidth), Math.Max(TopScreen.Frame + 1, Console.WindowHeight));

    /// <summary>Writes the lines that have changed.</summary>
    /// <param name="whole">All: the size has changed.</param>
    public void Draw(IReadOnlyList<string> lines, bool whole)
    {
        var text = new StringBuilder();
        if (whole)
            text.Append("\e[2J");
        for (var i = 0; i < lines.Count; i++)
            if (whole || i >= _drawn.Length || _drawn[i] != lines[i])
                // Cleared first: behind a full line it would take the last character.
                text.Append($"\e[{i + 1};1H\e[K{lines[i]}");
        _drawn = [.. lines];
        if (text.Length > 0)
            Write(text.ToString());
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Write(Leave);
            _hasLeft = true;
        }
        foreach (var signal in _signals)
            signal.Dispose();
        Console.TreatControlCAsInput = false;
        _ended.Dispose();
    }

    private void End(PosixSignalContext signal)
    {
        // The program goes its ordinary way out.
        signal.Cancel = true;
        _ended.Cancel();
    }

    private void Write(string text)
    {
        lock (_lock)
        {
            if (_hasLeft)
                return;
            try
            {
                _screen.Write(Encoding.UTF8.GetBytes(text));
                _screen.Flush();
            }
            catch (IOException)
            {
                // The terminal is gone: so are we, soon.
                _ended.Cancel();
            }
        }
    }
}
