using System.Collections.Immutable;
using System.Text;

namespace OrphanBoard.Agent.Commands;

/// <summary>What <c>--help</c> prints, made from the commands' own tables.</summary>
public static class Help
{
    public static string OfProgram(ImmutableArray<Command> commands)
    {
        var text = new StringBuilder("""
            orphan-agent finds, explains and streams hung and orphaned processes of this host.

            usage: orphan-agent COMMAND [OPTIONS]


            """);
        foreach (Command command in commands)
            text.AppendLine($"  {command.Name,-10}{command.Summary}");
        text.AppendLine($"  {"--help",-10}this text; 'orphan-agent COMMAND --help' or 'help COMMAND' for one command");
        text.AppendLine($"  {"--version",-10}the version");
        return text.ToString();
    }

    public static string OfCommand(Command command)
    {
        var text = new StringBuilder();
        string operands = command.Operands.Length == 0 ? "" : " " + command.Operands;
        text.AppendLine(command.TakesCommand ? $"usage: orphan-agent {command.Name} [OPTIONS]{operands}" : $"usage: orphan-agent {command.Name}{operands} [OPTIONS]");
        text.AppendLine();
        text.AppendLine(command.Summary);
        text.AppendLine();
        foreach (Option option in command.Options)
            text.AppendLine($"  {Usage(option),-26}{option.Help}{(option.Many ? "; may be given more than once" : "")}");
        text.AppendLine($"  {"--help",-26}this text");
        text.AppendLine();
        text.AppendLine($"exit: {command.Exits}");
        return text.ToString();
    }

    private static string Usage(Option option) => option switch
    {
        { Value: null } => option.Name,
        { MayLackValue: true } => $"{option.Name}[={option.Value}]",
        _ => $"{option.Name} {option.Value}",
    };
}
