using OrphanBoard.Shared.Fingerprints;

namespace OrphanBoard.Shared.Tests.Fingerprints;

public sealed class NameNormalizerTests
{
    [Theory]
    [InlineData("foo", "/home/u/target/debug/deps/foo-3f2a1b9c0d1e2f3a")]
    [InlineData("facade", "/usr/bin/facade")]
    [InlineData("my-defaced", "/usr/bin/my-defaced")]
    [InlineData("x.py", "/usr/bin/python3.11", "-u", "/tmp/abc/x.py", "--port", "8080")]
    [InlineData("pytest", "python3", "-m", "pytest", "-x")]
    [InlineData("python3 -c", "python3", "-c", "import os; os.read(0, 1)")]
    [InlineData("python3", "python3")]
    [InlineData("app.jar", "/opt/jdk-17.0.2/bin/java", "-Xmx1g", "-cp", "/lib/a.jar", "-jar", "/srv/app-1.2.3.jar")]
    [InlineData("org.example.Main", "java", "-cp", "a:b", "org.example.Main", "arg")]
    [InlineData("b.dll", "dotnet", "/srv/b.dll")]
    [InlineData("c.js", "node", "--inspect", "/srv/c.js")]
    [InlineData("build.sh", "/bin/bash", "-e", "./build.sh")]
    [InlineData("sh -c", "sh", "-c", "sleep 20; true")]
    [InlineData("bash", "-bash")]
    [InlineData("worker", "worker-4711")]
    [InlineData("server", "server:8080")]
    [InlineData("postgres", "postgres: checkpointer ")]
    [InlineData("x264", "/usr/bin/x264")]
    [InlineData("job", "job_550e8400-e29b-41d4-a716-446655440000")]
    [InlineData("123", "/proc/self/fd/123")]
    public void Of_ArgumentVector_IsTheNameThatStays(string expected, params string[] cmdline) =>
        Assert.Equal(expected, NameNormalizer.Of(cmdline, "comm"));

    [Theory]
    [InlineData("wat_arc170_prog", "wat_arc170_prog")]
    [InlineData("kworker", "kworker-3")]
    public void Of_NoArgumentVector_UsesComm(string expected, string comm) =>
        Assert.Equal(expected, NameNormalizer.Of(null, comm));

    [Theory]
    [InlineData("", "")]
    [InlineData("--port=#", "--port=8080")]
    [InlineData("--data=/tmp/*", "--data=/tmp/x81/y/z")]
    [InlineData("deadbeef", "deadbeef")]
    [InlineData("#", "deadbeef01")]
    public void Argument_WhatChangesFromRunToRun_IsTakenOut(string expected, string argument) =>
        Assert.Equal(expected, NameNormalizer.Argument(argument));

    [Fact]
    public void Parse_LineOfAnotherForm_SaysWhichAndWhat()
    {
        var error = Assert.Throws<InvalidDataException>(() => NameData.Parse(new StringReader("# comment\ninterpret python")));

        Assert.Contains("line 2", error.Message);
        Assert.Contains("interpret python", error.Message);
    }
}
