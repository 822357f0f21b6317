using System.Diagnostics;

namespace OrphanBoard.EndToEnd.Running;

/// <summary>The real <c>orphan-agent guard</c> on a command that deadlocks, as a job of a CI would run it.</summary>
/// <param name="Exit">Exit code of guard.</param>
/// <param name="Said">Its stderr.</param>
internal sealed record GuardedCommand(int Exit, string Said)
{
    public const string Commit = "335dbfa0c1d2e3f4a5b6c7d8e9f0011223344556";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    /// <param name="options">Beside those that make it short.</param>
    public static async Task<GuardedCommand> StartAsync(string folder, CancellationToken cancellation, params string[] options)
    {
        // The announcement of the specimen goes nowhere.
        var start = new ProcessStartInfo("bash", ["-c", "exec \"$@\" 99>/dev/null", "bash", Path.Combine(Places.Artifacts, "orphan-agent"), "guard", "--no-stacks", .. options, "--", Places.Specimen("own-stdin")])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
            Environment =
            {
                ["XDG_STATE_HOME"] = folder,
                ["GITLAB_CI"] = "true",
                ["CI_PROJECT_PATH"] = "acme/shop",
                ["CI_JOB_NAME"] = "unit",
                ["CI_JOB_ID"] = "4711",
                ["CI_JOB_URL"] = "https://gitlab.test/acme/shop/-/jobs/4711",
                ["CI_COMMIT_SHA"] = Commit,
                ["CI_COMMIT_REF_NAME"] = "main",
            },
        };
        start.Environment.Remove("GITHUB_ACTIONS");
        using Process guard = Process.Start(start)!;
        try
        {
            string said = await guard.StandardError.ReadToEndAsync(cancellation).WaitAsync(Deadline, cancellation);
            await guard.WaitForExitAsync(cancellation).WaitAsync(Deadline, cancellation);
            return new GuardedCommand(guard.ExitCode, said);
        }
        finally
        {
            if (!guard.HasExited)
                guard.Kill(entireProcessTree: true);
        }
    }
}
