using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>
/// What is kept of one panic, in a folder of its own (0700, files 0600), so that runs do not overwrite each other:
/// <code>
/// DIR/20261124T140312.123Z-v1-abcdefgh-4711/{README,hang.capture,finding.json,report.txt,stacks.txt,fds.txt}
/// </code>
/// A failure is one line on stderr: a full disk silences no panic.
/// </summary>
public sealed class EvidenceBundle
{
    /// <summary>What <c>orphan-agent replay</c> reads.</summary>
    public const string CaptureName = "hang.capture";

    private static readonly ImmutableArray<(string Name, string What)> Contents =
    [
        (CaptureName, "two looks at the whole host, with the names and arguments of all its processes (docs/capture.md)"),
        ("finding.json", "what was found (docs/contract/scan.schema.json, $defs/finding)"),
        ("report.txt", "what was told"),
        ("fds.txt", "the fd tables of those who take part, and of all that the command started"),
        ("stacks.txt", "where their threads were, as far as there was a tool for it"),
    ];

    private EvidenceBundle(string folder) => Folder = folder;

    public string Folder { get; }

    public bool HasCapture => File.Exists(Path.Combine(Folder, CaptureName));

    /// <summary>Nothing of it could be written, which has been said; the folder is gone.</summary>
    public bool IsEmpty { get; private set; }

    private bool _isTold;

    /// <summary>Makes the folder, empty. Null: it cannot be made, which has been said.</summary>
    /// <param name="bundle">DIR of <c>--bundle</c>; null: below <see cref="StateDirectory"/>, where old ones go (<see cref="EvidenceShelf"/>).</param>
    /// <param name="environment">Value of a variable, null where it is not set.</param>
    public static EvidenceBundle? Create(string? bundle, Func<string, string?> environment, GuardOutcome outcome, DateTimeOffset now, TextWriter error)
    {
        string? parent = bundle ?? (StateDirectory.Of(environment) is { } state ? Path.Combine(state, "evidence") : null);
        if (parent is null)
        {
            error.WriteLine("orphan-agent: guard: no evidence is kept: neither XDG_STATE_HOME nor HOME names a directory; use --bundle DIR");
            return null;
        }
        try
        {
            string name = Path.Combine(Path.GetFullPath(parent), EvidenceShelf.NameOf(outcome, now)), folder = name;
            for (int again = 2; Directory.Exists(folder); again++)
                folder = $"{name}-{again}";
            Directory.CreateDirectory(folder, StateDirectory.Private);
            if (bundle is null)
                EvidenceShelf.Clear(parent, folder);
            return new EvidenceBundle(folder);
        }
        catch (Exception e) when (StateDirectory.IsFailure(e))
        {
            error.WriteLine($"orphan-agent: guard: no evidence is kept: {VisibleText.Of(e.Message)}");
            return null;
        }
    }

    /// <summary>Writes what is known; again when more is known, the stacks say.</summary>
    public void Write(GuardOutcome outcome, ReportContext context, TextWriter error)
    {
        string? failure = null;
        Keep(CaptureName, () => outcome.Evidence is { } evidence ? Encoded(evidence) : null);
        Keep("finding.json", () => outcome.Findings is [var finding, ..] ? JsonSerializer.SerializeToUtf8Bytes(finding, FindingJson.Default.Finding) : null);
        Keep("report.txt", () => Text(output => output.Write(GuardText.Of(outcome, context with { Style = TextStyle.File, EvidenceAt = Folder, HasCapture = HasCapture }))));
        Keep("fds.txt", () => Text(output => FdTables.Write(output, outcome)));
        Keep("stacks.txt", () => outcome.Stacks.IsEmpty ? null : Text(output => WriteStacks(output, outcome)));
        Keep("README", () => Text(output => WriteReadMe(output, outcome)));
        IsEmpty = TryRemoveEmpty();
        if (failure is not null && !_isTold)
            error.WriteLine($"orphan-agent: guard: {(IsEmpty ? "no evidence is kept" : "the evidence is not whole")}: {VisibleText.Of(failure)}");
        _isTold |= failure is not null;

        // What cannot be kept costs the others nothing; the first reason is told.
        void Keep(string name, Func<byte[]?> content)
        {
            try
            {
                if (content() is { Length: > 0 } bytes)
                    WholeFile.Write(Path.Combine(Folder, name), bytes);
            }
            catch (Exception e) when (StateDirectory.IsFailure(e))
            {
                failure ??= $"{name}: {e.Message}";
            }
        }
    }

    private bool TryRemoveEmpty()
    {
        try
        {
            if (Directory.EnumerateFileSystemEntries(Folder).Any())
                return false;
            Directory.Delete(Folder);
            return true;
        }
        catch (Exception e) when (StateDirectory.IsFailure(e))
        {
            return false;
        }
    }

    private static byte[] Encoded(Capture capture)
    {
        using var bytes = new MemoryStream();
        CaptureFormat.Encode(capture, bytes);
        return bytes.ToArray();
    }

    private static byte[] Text(Action<TextWriter> write)
    {
        using var output = new StringWriter { NewLine = "\n" };
        write(output);
        return Encoding.UTF8.GetBytes(output.ToString());
    }

    private static void WriteStacks(TextWriter output, GuardOutcome outcome)
    {
        foreach (ProcessStacks process in outcome.Stacks)
        {
            StackText.Write(output, process);
            output.WriteLine();
        }
    }

    private void WriteReadMe(TextWriter output, GuardOutcome outcome)
    {
        string capture = Shown.Command([Path.Combine(Folder, CaptureName)], TextStyle.File, int.MaxValue);
        output.WriteLine($"Evidence of `{Shown.Command(outcome.Command, TextStyle.File, 200)}`, started {outcome.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)}, pid {outcome.Pid}.");
        output.WriteLine();
        if (HasCapture)
        {
            output.WriteLine("Diagnose it again, on any machine:");
            output.WriteLine($"  orphan-agent replay {capture}");
            output.WriteLine();
        }
        foreach ((string name, string what) in Contents)
        {
            if (File.Exists(Path.Combine(Folder, name)))
                output.WriteLine($"{name,-14}{what}");
        }
    }
}
