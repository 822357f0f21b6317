using System.Globalization;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>The folders of <see cref="EvidenceBundle"/> where nobody has named a place: a bounded number of them.</summary>
internal static class EvidenceShelf
{
    /// <summary>The newest stay.</summary>
    internal const int MaxRuns = 50;

    internal const long MaxBytes = 200L * 1024 * 1024;

    private const string Time = "yyyyMMdd'T'HHmmss.fff'Z'";

    /// <summary>UTC time, the shape's beginning and the command's pid: the names sort by age.</summary>
    public static string NameOf(GuardOutcome outcome, DateTimeOffset now)
    {
        string shape = outcome.Findings is [var finding, ..] ? Texts.Report.Short(finding.Fingerprint.Shape) : "timeout";
        string word = string.Concat(shape.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        return string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime.ToString(Time, CultureInfo.InvariantCulture)}-{word}-{outcome.Pid}");
    }

    /// <summary>
    /// Takes away the oldest past <see cref="MaxRuns"/> and <see cref="MaxBytes"/>. Nothing but folders that are named like ours, and never <paramref name="own"/>.
    /// What cannot be taken away stays: another guard may have been faster.
    /// </summary>
    public static void Clear(string parent, string own)
    {
        try
        {
            ClearOld(parent, own);
        }
        catch (Exception e) when (StateDirectory.IsFailure(e))
        {
        }
    }

    private static void ClearOld(string parent, string own)
    {
        long bytes = 0;
        int runs = 0;
        foreach (DirectoryInfo run in new DirectoryInfo(parent).EnumerateDirectories().Where(IsRun).OrderByDescending(run => run.Name, StringComparer.Ordinal))
        {
            if (run.FullName == own)
            {
                runs++;
                continue;
            }
            bytes += run.EnumerateFiles().Sum(file => file.Length);
            if (++runs > MaxRuns || bytes > MaxBytes)
                run.Delete(recursive: true);
        }
    }

    private static bool IsRun(DirectoryInfo folder) =>
        folder.LinkTarget is null
        && folder.Name.IndexOf('-', StringComparison.Ordinal) is > 0 and var end
        && DateTime.TryParseExact(folder.Name[..end], Time, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
}
