using System.Collections.Immutable;
using System.Reflection;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Streaming;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Commands;

/// <summary>From the words of the command line to one command, and from its errors to one line and an exit code.</summary>
public static class CommandLine
{
    public const int Ok = 0, Failed = 1, BadUsage = 2;

    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static readonly ImmutableArray<Command> Commands =
        [ScanCommand.Syntax, ExplainCommand.Syntax, GuardCommand.Syntax, DumpCommand.Syntax, ReplayCommand.Syntax, DoctorCommand.Syntax, RunCommand.Syntax];

    public static async Task<int> RunAsync(string[] words, TextWriter output, TextWriter error)
    {
        // A command that runs another has codes of its own, as env(1) has them.
        bool isGuard = words is [GuardCommand.Name, ..];
        int failed = isGuard ? GuardCommand.Failed : Failed;
        try
        {
            int exit = await DispatchAsync(words, output, error);
            await output.FlushAsync();
            return exit;
        }
        catch (UsageException e)
        {
            return Say(e.Message, isGuard ? GuardCommand.Failed : BadUsage);
        }
        catch (Exception e) when (e is LinuxException or RefusedException or IOException or InvalidDataException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return Say(e.Message, failed);
        }
        // A defect of the program. The user gets one line all the same.
        catch (Exception e)
        {
            return Say($"internal error, please report it: {e.GetType().Name}: {e.Message}", failed);
        }

        int Say(string message, int exit)
        {
            error.WriteLine($"orphan-agent: {VisibleText.Of(message)}");
            return exit;
        }
    }

    private static Task<int> DispatchAsync(string[] words, TextWriter output, TextWriter error)
    {
        switch (words)
        {
            case []:
                throw new UsageException("no command; see 'orphan-agent --help'");
            case ["--help" or "-h" or "help"]:
                output.Write(Help.OfProgram(Commands));
                return Task.FromResult(Ok);
            case ["--version"]:
                output.WriteLine($"orphan-agent {Version}");
                return Task.FromResult(Ok);
        }
        Command command = Commands.FirstOrDefault(c => c.Name == words[0])
            ?? throw new UsageException($"unknown command '{words[0]}'; see 'orphan-agent --help'");
        if (command.IsAskedForHelp(words.AsSpan(1)))
        {
            output.Write(Help.OfCommand(command));
            return Task.FromResult(Ok);
        }
        return command.RunAsync(Arguments.Parse(command, words.AsSpan(1)), output, error);
    }
}
