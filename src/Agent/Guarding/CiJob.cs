using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Guarding;

/// <summary>Which CI job a command runs in, and what was checked out.</summary>
/// <param name="System">Name of the CI system; null: it runs in none that is known.</param>
/// <param name="Name">What the job is called there; null where <paramref name="System"/> is.</param>
/// <param name="Url">Its page; null: none.</param>
/// <param name="Cookie">Its mark, <c>CI_JOB_ID=4711</c>; null: none.</param>
/// <param name="Commit">Hexadecimal name of the commit; null: not known.</param>
/// <param name="Branch">Null: not known, or none.</param>
public sealed record CiJob(string? System, string? Name, string? Url, string? Cookie, string? Commit, string? Branch)
{
    /// <summary>The job of this process; what its environment does not say of the checkout, the repository that it runs in does.</summary>
    public static CiJob OfThisProcess()
    {
        Dictionary<string, string> environment = [];
        foreach (global::System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment[(string)variable.Key] = (string?)variable.Value ?? "";
        CiJob job = Of(environment);
        if (job is { Commit: not null, Branch: not null })
            return job;
        GitHead head = GitHead.Of(Environment.CurrentDirectory);
        // A branch of the repository says nothing of a commit that the environment names.
        return job.Commit is null || job.Commit == head.Commit ? job with { Commit = head.Commit, Branch = job.Branch ?? head.Branch } : job;
    }

    /// <summary>What the environment says. Each CI system sets a variable that names it; the rest is in its own words.</summary>
    public static CiJob Of(IReadOnlyDictionary<string, string> environment)
    {
        string? Get(string name) => environment.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;
        bool Is(string name) => string.Equals(Get(name), "true", StringComparison.OrdinalIgnoreCase);

        CiJob job = 0 switch
        {
            _ when Is("GITHUB_ACTIONS") => new CiJob(
                "GitHub Actions", Join(Get("GITHUB_REPOSITORY"), Get("GITHUB_WORKFLOW"), Get("GITHUB_JOB"), Number(Get("GITHUB_RUN_NUMBER"))),
                Page(Get("GITHUB_SERVER_URL"), Get("GITHUB_REPOSITORY"), "actions/runs", Get("GITHUB_RUN_ID")),
                null, Get("GITHUB_SHA"), Get("GITHUB_HEAD_REF") ?? Get("GITHUB_REF_NAME")),
            _ when Is("GITLAB_CI") => new CiJob(
                "GitLab CI", Join(Get("CI_PROJECT_PATH"), Get("CI_JOB_NAME"), Number(Get("CI_JOB_ID"))),
                Get("CI_JOB_URL"), null, Get("CI_COMMIT_SHA"), Get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") ?? Get("CI_COMMIT_REF_NAME")),
            _ when Is("TF_BUILD") => new CiJob(
                "Azure Pipelines", Join(Get("SYSTEM_TEAMPROJECT"), Get("BUILD_DEFINITIONNAME"), Get("SYSTEM_JOBDISPLAYNAME") ?? Get("AGENT_JOBNAME"), Number(Get("BUILD_BUILDNUMBER"))),
                Page(Get("SYSTEM_COLLECTIONURI") ?? Get("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"), Get("SYSTEM_TEAMPROJECT"), "_build/results?buildId=", Get("BUILD_BUILDID")),
                null, Get("BUILD_SOURCEVERSION"), Get("SYSTEM_PULLREQUEST_SOURCEBRANCH") ?? Get("BUILD_SOURCEBRANCH")),
            _ when Is("BUILDKITE") => new CiJob(
                "Buildkite", Join(Get("BUILDKITE_PIPELINE_SLUG"), Get("BUILDKITE_LABEL"), Number(Get("BUILDKITE_BUILD_NUMBER"))),
                Get("BUILDKITE_BUILD_URL") is { } build && Get("BUILDKITE_JOB_ID") is { } id ? $"{build}#{id}" : Get("BUILDKITE_BUILD_URL"),
                null, Get("BUILDKITE_COMMIT"), Get("BUILDKITE_BRANCH")),
            _ when Is("CIRCLECI") => new CiJob(
                "CircleCI", Join(Slashed(Get("CIRCLE_PROJECT_USERNAME"), Get("CIRCLE_PROJECT_REPONAME")), Get("CIRCLE_JOB"), Number(Get("CIRCLE_BUILD_NUM"))),
                Get("CIRCLE_BUILD_URL"), null, Get("CIRCLE_SHA1"), Get("CIRCLE_BRANCH") ?? Get("CIRCLE_TAG")),
            // Last: it names itself by no word of its own, and others run under it.
            _ when Get("JENKINS_URL") is not null => new CiJob(
                "Jenkins", Join(Get("JOB_NAME"), Number(Get("BUILD_NUMBER"))), Get("BUILD_URL"), null, Get("GIT_COMMIT"), Get("BRANCH_NAME") ?? Get("GIT_BRANCH")),
            _ => new CiJob(null, null, null, null, null, null),
        };
        return job with
        {
            Name = job.System is null ? null : job.Name ?? job.System,
            Url = WebAddress.Of(job.Url) is null ? null : job.Url,
            Cookie = JobCookie.Keys.Select(key => Get(key) is { } value ? $"{key}={value}" : null).FirstOrDefault(cookie => cookie is not null),
            Commit = GitHead.IsCommit(job.Commit) ? job.Commit : null,
            Branch = Short(job.Branch),
        };
    }

    /// <summary><c>acme/shop / tests / unit #17</c>: what is known of it.</summary>
    private static string? Join(params string?[] parts)
    {
        string joined = string.Join(" / ", parts.Where(part => part is not null && part[0] != '#'));
        string? number = parts[^1] is ['#', ..] last ? last : null;
        return (joined, number) switch
        {
            ("", _) => number,
            (_, null) => joined,
            _ => $"{joined} {number}",
        };
    }

    private static string? Number(string? number) => number is null ? null : "#" + number;

    private static string? Slashed(string? owner, string? name) => owner is null ? name : name is null ? owner : $"{owner}/{name}";

    /// <param name="site">With or without a slash at its end.</param>
    /// <param name="path">Ends where the number follows: at a <c>=</c>, or a slash is put between.</param>
    private static string? Page(string? site, string? project, string path, string? number) => site is null || project is null || number is null
        ? null
        : $"{site.TrimEnd('/')}/{string.Join('/', project.Split('/').Select(Uri.EscapeDataString))}/{path}{(path.EndsWith('=') ? "" : "/")}{number}";

    private static string? Short(string? branch)
    {
        const string heads = "refs/heads/";
        return branch is not null && branch.StartsWith(heads, StringComparison.Ordinal) ? branch[heads.Length..] : branch;
    }
}
