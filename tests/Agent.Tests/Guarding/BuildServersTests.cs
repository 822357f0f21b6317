using OrphanBoard.Agent.Guarding;

namespace OrphanBoard.Agent.Tests.Guarding;

public sealed class BuildServersTests
{
    [Theory]
    [InlineData(true, "/usr/share/dotnet/dotnet", "/usr/share/dotnet/sdk/10.0.100/MSBuild.dll", "/noautoresponse", "/nologo", "/nodemode:1", "/nodeReuse:true")]
    [InlineData(true, "dotnet", "exec", "/sdk/Roslyn/bincore/VBCSCompiler.dll", "-pipename:x")]
    [InlineData(true, "java", "-cp", "gradle-daemon-main-8.5.jar", "org.gradle.launcher.daemon.bootstrap.GradleDaemon", "8.5")]
    [InlineData(false, "dotnet", "/usr/share/dotnet/sdk/10.0.100/MSBuild.dll", "build")]
    [InlineData(false, "java", "-jar", "/srv/VBCSCompiler-notes/app.jar")]
    [InlineData(false, "sleep", "1000")]
    public void Has_CommandLine_IsKnownByItsWords(bool stays, params string[] cmdline) => Assert.Equal(stays, BuildServers.Has([.. cmdline]));

    [Fact]
    public void Has_CommandLineNotReadable_IsNone() => Assert.False(BuildServers.Has(null));
}
