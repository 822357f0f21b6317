using OrphanBoard.Agent.Guarding;

namespace OrphanBoard.Agent.Tests.Guarding;

public sealed class CiJobTests
{
    private const string Commit = "335dbfa0c1d2e3f4a5b6c7d8e9f0011223344556";

    public static TheoryData<string, CiJob> Jobs => new()
    {
        {
            $"""
            GITHUB_ACTIONS=true GITHUB_SERVER_URL=https://github.test GITHUB_REPOSITORY=acme/shop GITHUB_RUN_ID=99 GITHUB_RUN_NUMBER=17 GITHUB_WORKFLOW=tests
            GITHUB_JOB=unit GITHUB_SHA={Commit} GITHUB_REF_NAME=12/merge GITHUB_HEAD_REF=fix RUNNER_TRACKING_ID=github_1
            """,
            new("GitHub Actions", "acme/shop / tests / unit #17", "https://github.test/acme/shop/actions/runs/99", "RUNNER_TRACKING_ID=github_1", Commit, "fix")
        },
        {
            $"""
            GITLAB_CI=true CI_PROJECT_PATH=acme/shop CI_JOB_NAME=unit CI_JOB_ID=4711 CI_JOB_URL=https://gitlab.test/acme/shop/-/jobs/4711 CI_COMMIT_SHA={Commit}
            CI_COMMIT_REF_NAME=main
            """,
            new("GitLab CI", "acme/shop / unit #4711", "https://gitlab.test/acme/shop/-/jobs/4711", "CI_JOB_ID=4711", Commit, "main")
        },
        {
            $"JENKINS_URL=http://jenkins.test/ JOB_NAME=shop/main BUILD_NUMBER=8 BUILD_URL=http://jenkins.test/job/shop/8/ GIT_COMMIT={Commit} GIT_BRANCH=origin/main BUILD_ID=8",
            new("Jenkins", "shop/main #8", "http://jenkins.test/job/shop/8/", "BUILD_ID=8", Commit, "origin/main")
        },
        {
            $"""
            TF_BUILD=True SYSTEM_COLLECTIONURI=https://dev.azure.test/acme/ SYSTEM_TEAMPROJECT=Online_Shop BUILD_DEFINITIONNAME=ci SYSTEM_JOBDISPLAYNAME=unit BUILD_BUILDNUMBER=20261126.3
            BUILD_BUILDID=55 BUILD_SOURCEVERSION={Commit} BUILD_SOURCEBRANCH=refs/heads/main
            """,
            new("Azure Pipelines", "Online_Shop / ci / unit #20261126.3", "https://dev.azure.test/acme/Online_Shop/_build/results?buildId=55", null, Commit, "main")
        },
        {
            "BUILDKITE=true BUILDKITE_PIPELINE_SLUG=shop BUILDKITE_LABEL=unit BUILDKITE_BUILD_NUMBER=3 BUILDKITE_BUILD_URL=https://buildkite.test/acme/shop/builds/3 BUILDKITE_JOB_ID=0a-1b BUILDKITE_COMMIT=HEAD BUILDKITE_BRANCH=main",
            new("Buildkite", "shop / unit #3", "https://buildkite.test/acme/shop/builds/3#0a-1b", null, null, "main")
        },
        {
            $"CIRCLECI=true CIRCLE_PROJECT_USERNAME=acme CIRCLE_PROJECT_REPONAME=shop CIRCLE_JOB=unit CIRCLE_BUILD_NUM=12 CIRCLE_BUILD_URL=https://circleci.test/gh/acme/shop/12 CIRCLE_SHA1={Commit} CIRCLE_TAG=v1",
            new("CircleCI", "acme/shop / unit #12", "https://circleci.test/gh/acme/shop/12", null, Commit, "v1")
        },

        // Nothing but the mark: the name of the system is all there is.
        { "CIRCLECI=true", new("CircleCI", "CircleCI", null, null, null, null) },
        { "TF_BUILD=True BUILD_BUILDNUMBER=7", new("Azure Pipelines", "#7", null, null, null, null) },

        // No job, and marks of somebody else's.
        { "HOME=/root CI=true", new(null, null, null, null, null, null) },
        { "GITHUB_ACTIONS=false CI_JOB_URL=https://x.test BUILD_ID=9", new(null, null, null, "BUILD_ID=9", null, null) },

        // What is no page of the web, holds a password, or is no commit, is not told.
        { "GITLAB_CI=true CI_JOB_NAME=x CI_JOB_URL=javascript:alert(1) CI_COMMIT_SHA=<b>", new("GitLab CI", "x", null, null, null, null) },
        { "GITLAB_CI=true CI_JOB_NAME=x CI_JOB_URL=https://user:secret@gitlab.test/1", new("GitLab CI", "x", null, null, null, null) },
    };

    [Theory]
    [MemberData(nameof(Jobs))]
    public void Of_Environment_IsTheJobThatItNames(string environment, CiJob job) =>
        Assert.Equal(job, CiJob.Of(environment.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1])));

    [Fact]
    public void Of_ProjectWithBlanks_MakesAnAddressAllTheSame() => Assert.Equal(
        "https://dev.azure.test/acme/Online%20Shop/_build/results?buildId=5",
        CiJob.Of(new Dictionary<string, string>
        {
            ["TF_BUILD"] = "True", ["SYSTEM_COLLECTIONURI"] = "https://dev.azure.test/acme", ["SYSTEM_TEAMPROJECT"] = "Online Shop", ["BUILD_BUILDID"] = "5",
        }).Url);
}
