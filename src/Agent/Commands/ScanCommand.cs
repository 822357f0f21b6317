using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Commands;

/// <summary><c>scan</c>: two looks and one diagnosis; a third, where the second has led to somebody of whom more is to be asked; and more looks where somebody may be trying the same again and again, or the kernel has lost since when it stands still, which two do not show.</summary>
public static class ScanCommand
{
    public const int Found = 3;

    /// <summary>Between the two looks: long enough for whoever is alive to run, short enough not to be waited for.</summary>
    internal static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(150);

    /// <summary>Between the looks at who may come back to the same wait: often enough to meet one who gets on in something else, and for next to nothing.</summary>
    private static readonly TimeSpan BetweenMore = TimeSpan.FromMilliseconds(500);

    /// <summary>How much longer than the minimum wait it looks on: looks begin when they find him waiting, and not when he began.</summary>
    private static readonly TimeSpan BeyondMinimum = TimeSpan.FromSeconds(2);

    /// <summary>So many looks, one after the other, that do not find him waiting: he gets on.</summary>
    private const int MostMissed = 4;

    private static readonly TimeSpan DefaultMinimumWait = TimeSpan.FromSeconds(10);

    // Before Syntax: initialisers run in the order of the text.
    internal static readonly Option
        Json = new("--json", null, "print one JSON object (docs/contract/scan.schema.json)"),
        MinimumWait = new("--min-wait", "TIME", "without progress before a stall counts, up to a day (default 10s)"),
        Pid = new("--pid", "N", "only findings that involve this process or its descendants", Many: true);

    public static Command Syntax { get; } = new(
        "scan",
        "one diagnosis of this host: two looks, then what is hung or orphaned",
        "",
        0,
        [
            Json,
            MinimumWait,
            Pid,
            LookerArguments.Backend,
        ],
        "0 nothing found or hazards only, 3 something found, 2 bad usage, 1 it failed",
        RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, TextWriter output, TextWriter error)
    {
        TimeProvider time = TimeProvider.System;
        long start = time.GetTimestamp();
        DiagnosisOptions options = OptionsOf(arguments);
        using HostLooker looker = LookerArguments.Open(arguments, time, origin: false);
        var diagnosis = new HostDiagnosis(options);
        var monitors = new JvmMonitors(looker.RiskyReads);
        (Snapshot first, Snapshot last) = LookTwice(looker, diagnosis, look => Advance(look));
        int[] asked = [.. diagnosis.Suspects];
        DiagnosisResult result = Advance(last);
        ImmutableArray<int> pids = PidsOf(arguments, first, last);
        // What was asked has led to others, who have the listener to which somebody is not connected yet, say: how long these have stood still was not asked of them.
        if (diagnosis.Suspects.Except(asked).Any(pid => first.Find(pid) is not null))
        {
            Thread.Sleep(BetweenLooks);
            result = Advance(last = looker.Look(diagnosis.Suspects, tables: true));
        }
        if (options.MinimumWait <= DefaultMinimumWait && MayRetry())
        {
            if (!Console.IsErrorRedirected)
                await error.WriteLineAsync(FormattableString.Invariant($"orphan-agent: somebody may have stood still for long, or be trying the same in vain again and again: looking on for {options.MinimumWait.TotalSeconds:0.#} s"));
            // Who comes back is told as soon as he has done so for long enough. That one look meets him as he runs does not say that he gets on: it begins anew, once.
            TimeSpan enough = options.MinimumWait + BeyondMinimum, until = first.Uptime + enough;
            bool anew = false;
            int missed = 0;
            do
            {
                Thread.Sleep(BetweenMore);
                result = Advance(last = looker.Look(diagnosis.Suspects, tables: true));
                if (!MayRetry())
                {
                    missed++;
                    continue;
                }
                if (missed > 0 && !anew)
                    (anew, until) = (true, last.Uptime + enough);
                missed = 0;
            }
            while (last.Uptime < until && missed < MostMissed);
        }
        return await ReportAsync(arguments, pids, result, new Capture(CommandLine.Version, looker.Backend.Name, false, first, last), () => time.GetElapsedTime(start), output);

        bool MayRetry()
        {
            IEnumerable<int> retrying = diagnosis.MayRetry(result.Findings);
            return pids.IsEmpty ? retrying.Any() : retrying.Any(ProcessTree.WithDescendants(last, pids).Contains);
        }

        DiagnosisResult Advance(Snapshot look)
        {
            DiagnosisResult told = diagnosis.Advance(look);
            return told with { Findings = monitors.Advance(diagnosis, look, told.Findings) };
        }
    }

    /// <summary>Diagnoses two looks that were kept and prints what was found; gives the exit code.</summary>
    /// <param name="arguments">Those of <see cref="Json"/>, <see cref="MinimumWait"/> and <see cref="Pid"/>.</param>
    /// <param name="duration">How long it took, asked for after the diagnosis.</param>
    internal static Task<int> ReportAsync(Arguments arguments, Capture capture, Func<TimeSpan> duration, TextWriter output)
    {
        ImmutableArray<int> pids = PidsOf(arguments, capture.First, capture.Last);
        var diagnosis = new HostDiagnosis(OptionsOf(arguments));
        diagnosis.Advance(capture.First);
        return ReportAsync(arguments, pids, diagnosis.Advance(capture.Last), capture, duration, output);
    }

    private static DiagnosisOptions OptionsOf(Arguments arguments) =>
        new() { MinimumWait = arguments.Duration("--min-wait", TimeSpan.Zero, TimeSpan.FromDays(1)) ?? DefaultMinimumWait };

    private static ImmutableArray<int> PidsOf(Arguments arguments, Snapshot first, Snapshot last)
    {
        ImmutableArray<int> pids = [.. arguments.Values("--pid").Select(Arguments.Pid)];
        foreach (int pid in pids)
        {
            if (last.Find(pid) is null && first.Find(pid) is null)
                throw new UsageException($"--pid {pid}: there is no such process");
        }
        return pids;
    }

    private static async Task<int> ReportAsync(Arguments arguments, ImmutableArray<int> pids, DiagnosisResult result, Capture capture, Func<TimeSpan> duration, TextWriter output)
    {
        (Snapshot first, Snapshot last) = (capture.First, capture.Last);
        ImmutableArray<Finding> findings = pids.IsEmpty ? result.Findings : Involving(result.Findings, ProcessTree.WithDescendants(last, pids));

        if (arguments.Has("--json"))
        {
            var report = new ScanReport
            {
                Host = new ReportHost(first.Host.Name, first.Host.BootId, first.Host.Kernel),
                TakenAt = first.TakenAt,
                DurationMs = Math.Round(duration().TotalMilliseconds, 1),
                Visibility = result.Visibility,
                Findings = findings,
                Cut = ReportCut.Of(capture with { Last = last }),
            };
            await output.WriteLineAsync(JsonSerializer.Serialize(report, FindingJson.Default.ScanReport));
        }
        else
            FindingText.Write(output, findings, result.Visibility);
        return findings.Any(f => f.Class != FindingClass.Hazard) ? Found : CommandLine.Ok;
    }

    /// <summary>
    /// The second look reads the costly facts of those whom the first one makes suspects. That one is diagnosed while the host has its time to move, so that after the second there is but one diagnosis to wait for.
    /// </summary>
    /// <param name="advance">Has <paramref name="diagnosis"/> take the first look.</param>
    internal static (Snapshot First, Snapshot Last) LookTwice(HostLooker looker, HostDiagnosis diagnosis, Action<Snapshot> advance)
    {
        Snapshot first = looker.Look(new HashSet<int>());
        long looked = Stopwatch.GetTimestamp();
        advance(first);
        // Asleep, and not in a Task.Delay: that starts a thread for timers and two of the pool, which for one wait is dear.
        if (BetweenLooks - Stopwatch.GetElapsedTime(looked) is { Ticks: > 0 } rest)
            Thread.Sleep(rest);
        looker.Origin |= diagnosis.AsksForJobs;
        return (first, looker.Look(diagnosis.Suspects, diagnosis.AsksForJobs ? LookDepth.Full : LookDepth.Incremental, tables: true));
    }

    private static ImmutableArray<Finding> Involving(ImmutableArray<Finding> findings, IReadOnlySet<int> pids) =>
        [.. findings.Where(f => f.Pids.Any(pids.Contains) || f.Participants.Any(p => pids.Contains(p.Pid)))];
}
