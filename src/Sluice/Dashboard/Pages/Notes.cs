using Sluice.Dashboard.Access;

namespace Sluice.Dashboard.Pages;

/// <summary>What came of a form, for the page that is shown next. The browser is sent there with a name for the note, not with its text: nobody can make the dashboard say something by a link.</summary>
internal sealed class Notes(TimeProvider time)
{
    private const int Most = 64;

    private static readonly TimeSpan Shown = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Queue<Note> _notes = new();

    /// <returns>Its name.</returns>
    public string Add(string text, bool isBad = false)
    {
        var note = new Note(Sessions.NewToken()[..11], text, isBad, time.GetUtcNow());
        lock (_lock)
        {
            _notes.Enqueue(note);
            if (_notes.Count > Most)
                _notes.Dequeue();
        }
        return note.Name;
    }

    /// <summary>Null: there is none of that name, or it was long ago.</summary>
    public Note? Find(string? name)
    {
        lock (_lock)
            return _notes.FirstOrDefault(note => note.Name == name && time.GetUtcNow() - note.At < Shown);
    }
}

internal sealed record Note(string Name, string Text, bool IsBad, DateTimeOffset At);
