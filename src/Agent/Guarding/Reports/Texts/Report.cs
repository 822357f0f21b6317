using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Guarding.Reports.Texts;

/// <summary>Parts that several reports are made of. Every line of a report begins with a word of ours, and never with a name.</summary>
internal static class Report
{
    private const int MaxSentences = 40, MaxCulprits = 4, MaxSentence = 1200;

    /// <summary>Columns of the words at the left: <c>  culprit      </c>.</summary>
    private const int Label = 15;

    /// <summary><c>orphan-agent: DEADLOCK in `cargo test`: ...</c> between two lines that nobody scrolls past.</summary>
    public static void Headline(TextWriter output, string what, GuardOutcome outcome, string text, TextStyle style)
    {
        string bar = new(style.Unicode ? '━' : '=', style.Columns);
        output.WriteLine(style.Loud(bar));
        foreach (string line in Shown.Wrap("", Title(what, outcome, text, style), style.Columns))
            output.WriteLine(style.Loud(line));
        output.WriteLine(style.Loud(bar));
    }

    public static string Title(string what, GuardOutcome outcome, string text, TextStyle style) =>
        $"orphan-agent: {what} in {Command(outcome, style)}: {Sentence(text, style)}";

    public static string Command(GuardOutcome outcome, TextStyle style) => $"`{Shown.Command(outcome.Command, style, 60)}`";

    /// <summary>One number for each hop; remedies are told with the culprits.</summary>
    public static void Sentences(TextWriter output, Finding finding, TextStyle style)
    {
        HashSet<string> remedies = [.. finding.Culprits.Select(culprit => culprit.Remedy)];
        ImmutableArray<string> sentences = [.. finding.Explanation.Where(sentence => !remedies.Contains(sentence))];
        for (int i = 0; i < Math.Min(sentences.Length, MaxSentences); i++)
            Lines(output, $"  {i + 1,2}. ", sentences[i], style);
        if (sentences.Length > MaxSentences)
            output.WriteLine($"      and {sentences.Length - MaxSentences} more: finding.json in the evidence has them all");
    }

    /// <summary>Who must let go of what: all of one process that the same would end together.</summary>
    public static void Culprits(TextWriter output, Finding finding, TextStyle style)
    {
        var all = finding.Culprits.GroupBy(culprit => (culprit.Pid, culprit.Remedy)).ToList();
        for (int place = 0; place < Math.Min(all.Count, MaxCulprits); place++)
        {
            var one = all[place];
            (int pid, string remedy) = one.Key;
            string[] resources = [.. one.Select(culprit => culprit.Resource).Distinct(StringComparer.Ordinal)];
            string what = string.Join(", ", resources.Take(8)) + (resources.Length > 8 ? $" and {resources.Length - 8} more" : "");
            string who = finding.Participants.FirstOrDefault(process => process.Pid == pid) is { } known ? $"{known.Name} ({pid})" : $"pid {pid}";
            int[] fds = [.. one.Where(culprit => culprit.Fd is not null).Select(culprit => culprit.Fd!.Value).Distinct()];
            string of = fds.Length == 0 ? "" : $"fd {string.Join(", ", fds.Take(8))}{(fds.Length > 8 ? $" and {fds.Length - 8} more" : "")} of ";
            Field(output, "culprit", $"{of}{who}, {what}", style, loud: true);
            // What ends it is said once for culprits in a row that have it in common.
            if (place + 1 == Math.Min(all.Count, MaxCulprits) || all[place + 1].Key.Remedy != remedy)
                Field(output, "remedy", remedy, style, loud: true);
        }
        if (all.Count > MaxCulprits)
            Field(output, "", $"and {Shown.Count(all.Count - MaxCulprits, "more culprit", "more culprits")}: finding.json in the evidence names them", style);
    }

    /// <summary>Where the evidence lies, and how to diagnose it again; nothing where none is kept. Not broken at blanks: these lines are copied.</summary>
    public static void Evidence(TextWriter output, ReportContext context)
    {
        if (context.EvidenceAt is not { } folder)
            return;
        output.WriteLine($"{context.Style.Strong("  evidence     ")}{Shown.Of(folder, context.Style)}");
        if (context.HasCapture)
            output.WriteLine($"  {"",-13}orphan-agent replay {Shown.Command([Path.Combine(folder, EvidenceBundle.CaptureName)], context.Style, int.MaxValue)}");
    }

    /// <summary>A word at the left and what it says beside it.</summary>
    public static void Field(TextWriter output, string name, string text, TextStyle style, bool loud = false)
    {
        string first = $"  {name}".PadRight(Label);
        foreach (string line in Shown.Wrap(first, Sentence(text, style), style.Columns))
        {
            output.WriteLine(loud ? style.Loud(line) : line.StartsWith(first, StringComparison.Ordinal) && name.Length > 0 ? style.Strong(first) + line[first.Length..] : line);
        }
    }

    public static void Lines(TextWriter output, string first, string text, TextStyle style)
    {
        foreach (string line in Shown.Wrap(first, Sentence(text, style), style.Columns))
            output.WriteLine(line);
    }

    /// <summary><c>v1-abcdefgh</c>: enough to tell two apart by eye.</summary>
    public static string Short(string fingerprint) => fingerprint.Length > 11 ? fingerprint[..11] : fingerprint;

    public static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    public static string Span(double seconds) => SpanText.Of(TimeSpan.FromSeconds(seconds));

    private static string Sentence(string text, TextStyle style) => Shown.Fit(Shown.Of(text, style), MaxSentence, style);
}
