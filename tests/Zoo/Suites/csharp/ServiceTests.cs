using System.Diagnostics;

namespace OrphanBoard.Zoo.Suites;

/// <summary>A suite as users write it: the test reads all that the service says before it lets the service go.</summary>
public sealed class ServiceTests
{
    [Fact]
    public void Address_OfWords_IsParsed() => Assert.Equal(4711, int.Parse("listening on 4711".Split(' ')[^1]));

    [Fact]
    public void Service_Started_TellsWhereItListens()
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("SERVICE")!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process service = Process.Start(start)!;

        string words = service.StandardOutput.ReadToEnd();

        Assert.Contains("4711", words, StringComparison.Ordinal);
        service.StandardInput.Close();
        service.WaitForExit();
        Assert.Equal(0, service.ExitCode);
    }
}
