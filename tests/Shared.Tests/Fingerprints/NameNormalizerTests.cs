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
    // Interpreters and what they run.
    [InlineData("x.py", "/opt/conda/envs/ml/bin/python3.12", "x.py")]
    [InlineData("x.py", "/nix/store/3q8x0000000000000000000000000000-python3-3.11.6/bin/python3.11", "-Wignore", "-X", "dev", "/srv/x.py")]
    [InlineData("pytest", "python3.11", "-um", "pytest", "-x")]
    [InlineData("pytest", "/opt/conda/bin/python", "/opt/conda/bin/pytest")]
    [InlineData("http.server", "python3", "-m", "http.server", "8000")]
    [InlineData("python3", "python3.12", "-", "argument")]
    [InlineData("python2", "/usr/bin/python2.7")]
    [InlineData("python3", "/usr/bin/python3.12")]
    [InlineData("x.pl", "/usr/bin/perl", "-w", "x.pl")]
    [InlineData("x.pl", "perl", "-I", "/tmp/zz1", "x.pl")]
    [InlineData("x.pl", "perl", "-Ilib", "-MCGI", "-w", "x.pl")]
    [InlineData("perl -e", "perl", "-lane", "print")]
    [InlineData("x.rb", "ruby", "-E", "UTF-8", "--encoding", "UTF-8", "x.rb")]
    [InlineData("x.tcl", "tclsh", "-encoding", "utf-8", "x.tcl")]
    [InlineData("rake", "ruby3.2", "-W0", "/usr/bin/rake")]
    [InlineData("c.js", "/usr/bin/node18", "--inspect=9229", "--require", "./hook.js", "c.js", "--port", "1")]
    [InlineData("node --eval", "node", "--eval", "1")]
    [InlineData("Main", "java", "--add-opens", "java.base/java.lang=ALL-UNNAMED", "-Xcomp", "-cp", "x", "Main")]
    [InlineData("a.jar", "java", "@options.txt", "-jar", "/srv/a.jar")]
    [InlineData("testhost.dll", "/usr/bin/dotnet", "exec", "--runtimeconfig", "/x/r.json", "--depsfile", "/x/d.json", "/x/testhost.dll", "--port", "41234")]
    [InlineData("dotnet test", "dotnet", "test", "a.csproj")]
    [InlineData("dotnet build", "dotnet", "build")]
    [InlineData("x.sh", "sh", "-e", "x.sh")]
    [InlineData("x.sh", "/bin/bash", "-euo", "pipefail", "./x.sh")]
    [InlineData("bash -c", "bash", "-lc", "make test")]
    [InlineData("x.sh", "busybox", "sh", "-e", "/x.sh")]
    [InlineData("sh -c", "/bin/busybox", "sh", "-c", "sleep 5")]
    [InlineData("sleep", "busybox", "sleep", "5")]
    [InlineData("x.py", "env", "-u", "HOME", "A=b", "PATH=/x", "python3", "x.py")]
    [InlineData("x.py", "/usr/bin/env", "-S", "python3", "x.py")]
    // What changes from run to run.
    [InlineData("foo", "/x/target/debug/deps/foo-3f2a1b9c")]
    [InlineData("foo", "/x/deps/foo-3F2A1B9C")]
    [InlineData("foo", "3f2a1b9c-foo")]
    [InlineData("foo.js", "node", "dist/foo.8a31bc02.js")]
    [InlineData("foo", "C:/x/foo.exe")]
    [InlineData("foo", "/nix/store/3q8x-foo/bin/.foo-wrapped")]
    [InlineData("jenkins.sh", "/bin/sh", "-xe", "/tmp/jenkins8812345678901234.sh")]
    [InlineData("tmp.sh", "bash", "/tmp/tmpk3j9x_2a.sh")]
    [InlineData("tmp", "/tmp/tmp.k3J9x2QaZb")]
    [InlineData("tmpreaper", "/usr/sbin/tmpreaper")]
    [InlineData("worker", "worker[4711]")]
    [InlineData("app.jar", "java", "-jar", "app-v2.jar")]
    [InlineData("nginx", "nginx: worker process")]
    // What looks as if it did and is the program's own name.
    [InlineData("sha256sum", "sha256sum")]
    [InlineData("s3cmd", "s3cmd")]
    [InlineData("base64", "base64")]
    [InlineData("md5sum", "/usr/bin/md5sum")]
    [InlineData("decafbad", "decafbad")]
    [InlineData("is-decafbad", "is-decafbad")]
    [InlineData("x86_64-linux-gnu-gcc", "x86_64-linux-gnu-gcc")]
    [InlineData("7z", "7z")]
    [InlineData("step-1.sh", "bash", "step-1.sh")]
    [InlineData("step-2.sh", "bash", "step-2.sh")]
    [InlineData("tmpfiles", "/opt/tmpfiles")]
    [InlineData("e2fsck", "e2fsck")]
    public void Of_ArgumentVector_IsTheNameThatStays(string expected, params string[] cmdline) =>
        Assert.Equal(expected, NameNormalizer.Of(cmdline, "comm"));

    [Theory]
    [InlineData("stdio_lock", "stdio_lock", "/x/elsewhere dir 5/stdio_lock")]
    [InlineData("a-program-of-a-long-name", "a-program-of-a-", "/x/my jobs/a-program-of-a-long-name", "-x")]
    [InlineData("x.py", "python3", "/x/my env/bin/python3", "x.py")]
    [InlineData("c.js", "MainThread", "/x/my tools/node", "c.js")] // comm was changed
    [InlineData("my program", "my program", "/x/my program")]
    [InlineData("chrome", "chrome", "/opt/my browser/chrome --type=renderer --dir=/home/a b")] // a title
    [InlineData("chrome", "renderer", "/opt/chrome --type=renderer")]
    [InlineData("sshd", "sshd", "sshd: /usr/sbin/sshd -D [listener]")]
    public void Of_SpaceInTheFirstArgument_IsOfThePathOrOfATitle(string expected, string comm, params string[] cmdline) =>
        Assert.Equal(expected, NameNormalizer.Of(cmdline, comm));

    [Theory]
    [InlineData("wat_arc170_prog", "wat_arc170_prog")]
    [InlineData("kworker", "kworker-3")]
    [InlineData("my-program", "my-program-3f2a")]
    [InlineData("contract-tests", "contract-tests-")]
    [InlineData("my-program-face", "my-program-face")]
    public void Of_NoArgumentVector_UsesComm(string expected, string comm) =>
        Assert.Equal(expected, NameNormalizer.Of(null, comm));

    [Theory]
    [InlineData("", "")]
    [InlineData("--port=#", "--port=8080")]
    [InlineData("--data=/tmp/*", "--data=/tmp/x81/y/z")]
    [InlineData("deadbeef", "deadbeef")]
    [InlineData("#", "deadbeef01")]
    [InlineData("/home/*/src/x", "/home/somebody/src/x")]
    [InlineData("/home/*/src/x", "/root/src/x")]
    public void Argument_WhatChangesFromRunToRun_IsTakenOut(string expected, string argument) =>
        Assert.Equal(expected, NameNormalizer.Argument(argument));

    [Theory]
    [InlineData(true, "sh -c")]
    [InlineData(true, "sleep")]
    [InlineData(false, "served-child")]
    public void SaysLittle_CommonProgram_IsToldFromOthers(bool expected, string name) => Assert.Equal(expected, NameNormalizer.SaysLittle(name));

    [Fact]
    public void Parse_LineOfAnotherForm_SaysWhichAndWhat()
    {
        var error = Assert.Throws<InvalidDataException>(() => NameData.Parse(new StringReader("# comment\ninterpret python")));

        Assert.Contains("line 2", error.Message);
        Assert.Contains("interpret python", error.Message);
    }
}
