using System.Globalization;
using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary><c>--junit FILE</c>: the run as one test case, which fails where guard ended or failed it. How the command itself ended is the affair of its own report.</summary>
public static class JUnitReport
{
    /// <summary>As a whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="InvalidDataException">It is there and no regular file.</exception>
    public static void Write(string path, GuardOutcome outcome, ReportContext context) => WholeFile.Write(path, Encoding.UTF8.GetBytes(Of(outcome, context)));

    public static string Of(GuardOutcome outcome, ReportContext context)
    {
        string name = Xml(Shown.Command(outcome.Command, TextStyle.File, 200)), text = GuardText.Of(outcome, context with { Style = TextStyle.File });
        string? kind = outcome.End switch { GuardEnd.Deadlock => "deadlock", GuardEnd.Orphans => "orphans", GuardEnd.Timeout => "timeout", _ => null };
        string time = outcome.Duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
        string started = outcome.StartedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

        var xml = new StringBuilder();
        xml.Append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
        xml.Append(CultureInfo.InvariantCulture, $"  <testsuite name=\"orphan-agent guard\" tests=\"1\" failures=\"{(kind is null ? 0 : 1)}\" errors=\"0\" skipped=\"0\" time=\"{time}\" timestamp=\"{started}\">\n");
        xml.Append(CultureInfo.InvariantCulture, $"    <testcase classname=\"orphan-agent guard\" name=\"{name}\" time=\"{time}\">\n");
        if (kind is not null)
            xml.Append(CultureInfo.InvariantCulture, $"      <failure type=\"{kind}\" message=\"{Xml(GuardText.Title(outcome) ?? kind)}\">{Xml(text)}</failure>\n");
        else if (text.Length > 0)
            xml.Append(CultureInfo.InvariantCulture, $"      <system-err>{Xml(text)}</system-err>\n");
        xml.Append("    </testcase>\n  </testsuite>\n</testsuites>\n");
        return xml.ToString();
    }

    /// <summary>Text that is well-formed as content and in an attribute. What XML 1.0 has no character for becomes a visible escape.</summary>
    internal static string Xml(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        // Leaves neither control characters nor halves of surrogate pairs.
        foreach (char c in string.Join('\n', text.Split('\n').Select(VisibleText.Of)))
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"), // ]]> as well
                '"' => escaped.Append("&quot;"),
                '\uFFFE' or '\uFFFF' => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => escaped.Append(c),
            };
        }
        return escaped.ToString();
    }
}
