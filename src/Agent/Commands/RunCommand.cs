using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Agent.Streaming;
using OrphanBoard.Agent.Watching;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Commands;

/// <summary><c>run</c>: looks once a second, diagnoses, streams to a server. Looking does not wait for the server.</summary>
public static class RunCommand
{
    /// <summary>Some minutes: where little happens, the collector of garbage would not come by for hours.</summary>
    private const int LooksUntilGivenBackAgain = 300;

    public static Command Syntax { get; } = new(
        "run",
        "the daemon: looks at this host once a second and streams to a server",
        "",
        0,
        [
            new("--server", "URL", "the server, http://127.0.0.1:5170 say (required)"),
            new("--token-file", "FILE", "file that holds the agent's token (required)"),
            new("--interval-ms", "N", "milliseconds between two looks, 200 to 60000 (default 1000)"),
            new("--min-wait", "TIME", "without progress before a stall counts, up to a day (default 10s)"),
            new("--max-cpu", "PERCENT", "percent of one core, 0.1 to 100: over it for 10 s it looks less often (default 5)"),
            new("--exit-with-parent", "PID", "end when the process that started this one ends, at once if that is not PID any more", MayLackValue: true),
            LookerArguments.Backend,
        ],
        "0 ended by SIGTERM or SIGINT, 1 it failed or the server refuses it, 2 bad usage",
        RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, TextWriter output, TextWriter error)
    {
        // Before the first await: the kernel ties the wish to this thread, the main one.
        if (arguments.Value("--exit-with-parent") is { } parent && !ParentDeath.Ask(parent.Length == 0 ? ParentDeath.Parent : Arguments.Pid(parent)))
            return CommandLine.Ok;
        OwnMemory.KeepLittle();
        Uri server = ServerArguments.ServerOf(arguments, "run");
        string token = ServerArguments.TokenOf(arguments, "run");
        var interval = TimeSpan.FromMilliseconds(arguments.Number("--interval-ms", 1000, 200, 60_000));
        var options = new DiagnosisOptions { MinimumWait = arguments.Duration("--min-wait", TimeSpan.Zero, TimeSpan.FromDays(1)) ?? TimeSpan.FromSeconds(10) };

        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration terminate = StopOn(PosixSignal.SIGTERM);
        using PosixSignalRegistration interrupt = StopOn(PosixSignal.SIGINT);

        TimeProvider time = TimeProvider.System;
        // Three tenths of the time between two looks are for reading; what does not fit waits, unless there are suspects.
        using HostLooker looker = LookerArguments.Open(arguments, time, interval * 0.3);
        using var watch = new SelfWatch(interval, arguments.Number("--max-cpu", 5, 0.1, 100) / 100, time, error);
        AgentUsage usage = watch.Begin(CollectorState.Of(looker));
        var hello = new Hello(
            WireProtocol.Version, Guid.NewGuid(), looker.Host, CommandLine.Version, Environment.ProcessId, usage.Backend, usage.IntervalMs, usage);
        var stream = new ServerStream(server, token, hello, time, new Backoff(Random.Shared), error);

        Task streaming = stream.RunAsync(stop.Token);
        Task looking = LookAsync(looker, options, watch, time, stream, stop.Token);
        // The first of the two to end on its own has failed: the other one ends with it.
        await Task.WhenAny(streaming, looking);
        await stop.CancelAsync();
        await Task.WhenAll(streaming, looking);
        return CommandLine.Ok;

        PosixSignalRegistration StopOn(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
    }

    private static async Task LookAsync(
        HostLooker looker, DiagnosisOptions options, SelfWatch watch, TimeProvider time, ServerStream stream, CancellationToken stop)
    {
        await Task.Yield();
        var diagnosis = new HostDiagnosis(options);
        var monitors = new JvmMonitors(looker.RiskyReads);
        diagnosis.Advance(looker.Look(diagnosis.Suspects));
        OpenFindings open = OpenFindings.None;
        // The first looks and the first keyframe make far more than any later one, and so does an hour of hangs: what they leave is given back to the system.
        int untilSettled = 5;
        // Monotonic; ticks that were missed are skipped.
        using var ticks = new PeriodicTimer(watch.Interval, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stop))
            {
                LookOnce();
                if (ticks.Period != watch.Interval)
                    ticks.Period = watch.Interval;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The last word is about now: what ended together with the agent is not left open.
            LookOnce();
        }
        finally
        {
            stream.EndLooks();
        }

        void LookOnce()
        {
            watch.BeginLook();
            Snapshot look = looker.Look(diagnosis.Suspects);
            watch.EndLook(looker.ReadsOfThisLook);
            DiagnosisResult result = diagnosis.Advance(look);
            open = open.Advance(monitors.Advance(diagnosis, look, result.Findings), look);
            if (--untilSettled == 0)
            {
                OwnMemory.GiveBack();
                untilSettled = LooksUntilGivenBackAgain;
            }
            stream.Offer(look, result.Visibility, open.Findings, diagnosis.Memory.LostParentOf, watch.Report(CollectorState.Of(looker)));
        }
    }
}
