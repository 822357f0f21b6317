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
        string ownVersion = $"orphan-agent {Version}\n";
        switch (words)
        {
            case []:
                throw new UsageException("no command; see 'orphan-agent --help'");
            case ["--help" or "-h" or "help"]:
                return Print(Help.OfProgram(Commands));
            case ["help", var name]:
                return Print(Help.OfCommand(Find(name)));
            case ["help", ..]:
                throw new UsageException("help: it takes one command; see 'orphan-agent --help'");
            case ["--version" or "-V" or "version"]:
                return Print(ownVersion);
        }
        Command command = Find(words[0]);
        if (command.Asks(words.AsSpan(1), ["--help", "-h"]))
            return Print(Help.OfCommand(command));
        if (command.Asks(words.AsSpan(1), ["--version"]))
            return Print(ownVersion);
        return command.RunAsync(Arguments.Parse(command, words.AsSpan(1)), output, error);

        Task<int> Print(string text)
        {
            output.Write(text);
            return Task.FromResult(Ok);
        }

        static Command Find(string name) => Commands.FirstOrDefault(command => command.Name == name)
            ?? throw new UsageException($"unknown command '{name}'; see 'orphan-agent --help'");
    }
}
