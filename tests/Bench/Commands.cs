using System.Globalization;
using System.Runtime.InteropServices;
using OrphanBoard.Bench.Bars;
using OrphanBoard.Bench.Running;
using OrphanBoard.Bench.Soaking;

namespace OrphanBoard.Bench;

/// <summary>
/// <c>bars</c> measures what the collector must cost at most; <c>soak</c> looks whether the agent grows. Both run on the main thread
/// alone: the kernel ends the programs they start when the thread that started them ends.
/// </summary>
internal static class Commands
{
    private const int Ok = 0, Failed = 1, BadUsage = 2;

    private const string Usage =
        """
        usage: OrphanBoard.Bench bars --artifacts DIR [--only SECTION]... [--json FILE] [--runs N] [--seconds S] [--backend NAME]...
               OrphanBoard.Bench soak --artifacts DIR [--seconds S] [--backend NAME]
        """;

    internal static int Run(string[] words)
    {
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        try
        {
            return words switch
            {
                ["bars", .. var rest] => MeasureBars(Options.Parse(rest)),
                ["soak", .. var rest] => Soak(Options.Parse(rest)),
                _ => throw new FormatException(Usage),
            };
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            return BadUsage;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"bench: {e.Message}");
            return Failed;
        }
        finally
        {
            Child.EndAll();
        }
    }

    private static void End(PosixSignalContext context)
    {
        context.Cancel = true;
        Child.EndAll();
        Environment.Exit(128 + (context.Signal == PosixSignal.SIGINT ? 2 : 15));
    }

    private static int MeasureBars(Options options)
    {
        var table = new BarTable(Console.Out);
        foreach (Section section in Section.All.Where(section => options.Sections.Count == 0 || options.Sections.Contains(section.Name)))
            section.Measure(new BenchRun(options, table));
        if (options.Json is { } path)
            table.WriteJson(path);
        return Ok;
    }

    private static int Soak(Options options)
    {
        var soak = new Soak(options.Places, TimeSpan.FromSeconds(options.Seconds ?? 40), options.BackEnds.FirstOrDefault(BackEnds.Choice), Console.Out);
        return soak.Run() ? Ok : Failed;
    }
}

/// <param name="BackEnds">Those to measure; none for all.</param>
/// <param name="Runs">How often a thing is measured where one measurement takes well below a second; the slow ones are measured less often.</param>
/// <param name="Seconds">How long a running agent is watched; null: the command's own default.</param>
internal sealed record Options(Places Places, IReadOnlyList<string> Sections, string? Json, int Runs, int? Seconds, IReadOnlyList<string> BackEnds)
{
    internal static Options Parse(string[] words)
    {
        string? artifacts = null;
        List<string> sections = [], backEnds = [];
        var options = new Options(null!, sections, null, 7, null, backEnds);
        for (int at = 0; at < words.Length; at += 2)
        {
            string value = at + 1 < words.Length ? words[at + 1] : throw new FormatException($"{words[at]} needs a value");
            switch (words[at])
            {
                case "--artifacts":
                    artifacts = value;
                    break;
                case "--only":
                    sections.Add(Section.All.Any(section => section.Name == value)
                        ? value
                        : throw new FormatException($"--only '{value}': there are {string.Join(", ", Section.All.Select(section => section.Name))}"));
                    break;
                case "--json":
                    options = options with { Json = value };
                    break;
                case "--backend":
                    backEnds.Add(value);
                    break;
                case "--runs":
                    options = options with { Runs = Number(words[at], value, 1000) };
                    break;
                case "--seconds":
                    options = options with { Seconds = Number(words[at], value, 100_000) };
                    break;
                default:
                    throw new FormatException($"unknown option '{words[at]}'");
            }
        }
        return options with { Places = new Places(artifacts ?? throw new FormatException("--artifacts DIR is missing")) };
    }

    private static int Number(string option, string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most
            ? number
            : throw new FormatException($"{option} '{text}' is not a number from 1 to {most}");
}
