using System.Globalization;
using OrphanBoard.Server.History;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Words;

/// <summary>A run under guard, as people say it.</summary>
public static class GuardWords
{
    /// <summary>Characters of a commit's name that are told; those of git's own <c>--short</c> and a few more.</summary>
    private const int CommitLength = 10;

    /// <returns><c>cargo test --workspace</c></returns>
    public static string Command(GuardedRun run) => Argv.Line(run.Command);

    public static string Commit(string commit) => VisibleText.Of(commit.Length > CommitLength ? commit[..CommitLength] : commit);

    /// <summary>What a list tells of it: the job, or the command where there was none.</summary>
    public static string Short(GuardedRun run) => run.Job is { Name.Length: > 0 } job ? VisibleText.Of(job.Name) : Command(run);

    /// <returns><c>stopped for a deadlock after 3 min, exit code 86</c></returns>
    public static string End(GuardedRun run)
    {
        string how = run.EndedBy switch
        {
            "deadlock" => "stopped for a deadlock",
            "timeout" => "stopped for its timeout",
            "orphans" => "failed for what it left behind",
            "exited" => "ended by itself",
            var other => VisibleText.Of(other),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{how} after {Times.Span(run.EndedAt - run.StartedAt)}, exit code {run.ExitCode}");
    }
}
