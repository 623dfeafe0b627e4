using System.Globalization;

namespace Sluice.Config;

/// <summary>
/// The variables <c>SLUICE__Section__Key=value</c> laid over the tree: <c>SLUICE__Cache__Memory=64MiB</c>,
/// <c>SLUICE__Listeners__0__Bind=:8080</c> (a list's item by its number, the next number adds one),
/// <c>SLUICE__Policies__office__Default=deny</c>. Names match in any case, as they do for variables elsewhere.
/// </summary>
internal static class Overrides
{
    public const string Prefix = "SLUICE__";

    public static void Apply(Mapping root, IReadOnlyDictionary<string, string> environment, ProblemList problems)
    {
        var ours = environment.Where(v => v.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase));
        // Items 9 and 10 of a list are added in this order.
        foreach (var (name, value) in ours.OrderBy(v => v.Key.Length).ThenBy(v => v.Key, StringComparer.OrdinalIgnoreCase))
            new Variable(name, value, problems).Set(root, "", 0);
    }

    private sealed class Variable(string name, string value, ProblemList problems)
    {
        private readonly string[] _steps = name[Prefix.Length..].Split("__");
        private readonly Place _place = Place.Of(name);

        public void Set(Mapping map, string path, int step)
        {
            var known = Keys.Under(path).ToArray();
            var key = Array.Find(known, k => k.Name.Equals(_steps[step], StringComparison.OrdinalIgnoreCase));
            if (key is null)
            {
                Refuse(step, known.Select(k => k.Name));
                return;
            }
            if (step == _steps.Length - 1)
                SetLast(map, key);
            else if (key.Kind is KeyKind.AccessLog && map[key.Name] is Sequence several && !IsNumber(step + 1))
                Add(key.Path, $"'{_steps[step]}' is a list, name an item of it by its number, 0 to {several.Items.Count}");
            else if (key.Kind is KeyKind.Section or KeyKind.FlagOrSection || key.Kind is KeyKind.AccessLog or KeyKind.Hosts && !IsNumber(step + 1))
                Set(Open<Mapping>(map, key.Name, () => new Mapping(_place)), key.Path, step + 1);
            else if (key.Kind is KeyKind.NamedSections)
                SetNamed(Open<Mapping>(map, key.Name, () => new Mapping(_place)), key.Path + ".*", step + 1);
            else if (key.Kind is KeyKind.AccessLog)
                SetItem(OpenSeveral(map, key.Name), key, step + 1);
            else if (key.Kind is KeyKind.Sections or KeyKind.Networks or KeyKind.Ports or KeyKind.Hosts or KeyKind.Words or KeyKind.Statuses or KeyKind.QueryNames)
                SetItem(Open<Sequence>(map, key.Name, () => new Sequence(_place)), key, step + 1);
            else
                Add(key.Path, $"'{_steps[step]}' has nothing below it, remove '__{string.Join("__", _steps[(step + 1)..])}'");
        }

        private void SetLast(Mapping map, Key key)
        {
            if (key.Kind is KeyKind.Section or KeyKind.Sections or KeyKind.NamedSections)
                Add(key.Path, $"'{_steps[^1]}' is a section, name a key of it, as in {name}__{(key.Kind is KeyKind.Sections ? "0__" : "")}{Example(key)}");
            else if (key.Kind is KeyKind.Hosts)
                map.Set(key.Name, _place, List(value));
            else
                map.Set(key.Name, _place, new Scalar(_place, value));
        }

        private void SetNamed(Mapping named, string path, int step)
        {
            var key = named.Entries.Find(e => e.Key.Equals(_steps[step], StringComparison.OrdinalIgnoreCase)).Key ?? _steps[step];
            if (step == _steps.Length - 1)
                Add(path, $"'{_steps[step]}' is a section, name a key of it, as in {name}__Default");
            else
                Set(Open<Mapping>(named, key, () => new Mapping(_place)), path, step + 1);
        }

        private void SetItem(Sequence items, Key key, int step)
        {
            if (!IsNumber(step) || !int.TryParse(_steps[step], NumberStyles.None, CultureInfo.InvariantCulture, out var at) || at > items.Items.Count)
            {
                Add(key.Path, $"'{_steps[step]}' is not the number of an item of '{key.Name}', write 0 to {items.Items.Count}");
                return;
            }
            var last = step == _steps.Length - 1;
            if (last != key.Kind is not (KeyKind.Sections or KeyKind.AccessLog))
            {
                Add(key.Path, last ? $"'{_steps[step]}' is a section, name a key of it" : $"'{_steps[step]}' has nothing below it");
                return;
            }
            if (at == items.Items.Count)
                items.Items.Add(last ? new Scalar(_place, value) : new Mapping(_place));
            if (last)
                items.Items[at] = new Scalar(_place, value);
            else if (items.Items[at] is Mapping map)
                Set(map, key.Kind is KeyKind.AccessLog ? key.Path : key.Path + "[]", step + 1);
        }

        /// <summary>What stands there, or a new one in place of nothing or of another kind of thing.</summary>
        private T Open<T>(Mapping map, string key, Func<T> make) where T : Node
        {
            if (map[key] is T there)
                return there;
            var made = make();
            map.Set(key, _place, made);
            return made;
        }

        /// <summary>A list, in which one map that stands in its place is the first.</summary>
        private Sequence OpenSeveral(Mapping map, string key)
        {
            var only = map[key] as Mapping;
            var list = Open<Sequence>(map, key, () => new Sequence(_place));
            if (only is not null)
                list.Items.Add(only);
            return list;
        }

        private Sequence List(string text)
        {
            var list = new Sequence(_place);
            list.Items.AddRange(text.Split(',', StringSplitOptions.TrimEntries).Select(t => new Scalar(_place, t)));
            return list;
        }

        private bool IsNumber(int step) => _steps[step].Length > 0 && _steps[step].All(char.IsAsciiDigit);

        private void Refuse(int step, IEnumerable<string> known)
        {
            var nearest = Nearest.To(_steps[step], known);
            string[] right = [.. _steps[..step], Capital(nearest ?? ""), .. _steps[(step + 1)..]];
            Add(string.Join('.', _steps), nearest is null
                ? $"unknown name '{_steps[step]}'{Nearest.Hint(_steps[step], [.. known.Select(Capital)])}"
                : $"unknown name '{_steps[step]}', did you mean '{Prefix}{string.Join("__", right)}'?");
        }

        private static string Example(Key key) =>
            Capital(Keys.Under(key.Kind is KeyKind.Sections ? key.Path + "[]" : key.Path).FirstOrDefault()?.Name ?? "name__Default");

        private static string Capital(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..];

        private void Add(string key, string message) => problems.Add(_place, key, message);
    }
}
