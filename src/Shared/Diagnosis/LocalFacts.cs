using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What the record of a process alone leaves possible. Most processes of a healthy host have none of what is to be told.</summary>
/// <remarks>Worked out of every process that has run since the look before: without lists or enumerators.</remarks>
[Flags]
internal enum LocalFacts
{
    None = 0,

    /// <summary>Nothing in its record says that it can run, its runtime's service threads and timeouts left aside.</summary>
    MayBeStuck = 1,

    /// <summary>Its stdio is again at other fds, see <see cref="StdioDuplicates.AllOf"/>.</summary>
    HoldsDuplicates = 4,

    /// <summary>Its stdio may lead nowhere.</summary>
    MayBeOrphan = 8,

    Zombie = 16,

    /// <summary>Stopped, held by its tracer, or perhaps frozen, see <see cref="Halts"/>.</summary>
    Halted = 32,

    /// <summary>A thread reads or polls a pipe or a socket, with or without a timeout, or may so the master of a pseudoterminal: orphans may keep it waiting.</summary>
    WaitsOnPipe = 64,

    /// <summary>It waits for somebody to open the other end of a FIFO, or to read from a full one, and does nothing else.</summary>
    AwaitsFifo = 128,

    /// <summary>It has the master of a pseudoterminal.</summary>
    HasMaster = 256,

    /// <summary>The owner words of its locks name a fault, see <see cref="LockGraph"/>.</summary>
    HasLockFault = 512,

    /// <summary>It catches signals that programs sit and wait for.</summary>
    MayWaitForSignal = 1024,

    /// <summary>Something in its record says that others can make it run whatever it waits for, see <see cref="WakerFinder.FindAlways"/>.</summary>
    HasAlwaysWakers = 2048,

    HasIoUring = 4096,

    HasSocket = 8192,

    /// <summary>Descriptors wait in the queue of one of its sockets (SCM_RIGHTS), as far as it was asked.</summary>
    CarriesDescriptors = 16384,

    /// <summary>A thread has a timeout, see <see cref="Wait.MayLast"/>.</summary>
    HasTimeout = 32768,

    /// <summary>Of one of its fds it is known which open file description it is.</summary>
    HasDescriptions = 65536,

    /// <summary>It has an epoll or a timer.</summary>
    HasEpollOrTimer = 131072,

    /// <summary>The kernel sends signals for one of its fds, to it or to others.</summary>
    SendsSignals = 262144,

    /// <summary>It has a pidfd.</summary>
    HasPidFd = 524288,

    /// <summary>It has the other side of a pseudoterminal, at which programs sit.</summary>
    HasTerminal = 1048576,

    /// <summary>What says nothing by itself, and is asked of those alone whom another one has picked out.</summary>
    Aside = MayWaitForSignal | HasAlwaysWakers | HasIoUring | HasSocket | CarriesDescriptors | HasTimeout | HasDescriptions | HasEpollOrTimer | SendsSignals | HasPidFd | HasTerminal,
}

internal static class LocalFact
{
    /// <param name="known">The process.</param>
    /// <param name="waits">Of its living threads.</param>
    /// <param name="patient">The same without their timeouts.</param>
    /// <param name="services">Which of them are of service threads; default for none.</param>
    public static LocalFacts Of(HostProcess known, ImmutableArray<Wait> waits, ImmutableArray<Wait> patient, ImmutableArray<bool> services)
    {
        ProcessRecord process = known.Record;
        LocalFacts facts = known.TableFacts;
        if (WhyItCanRun(known, waits.IsEmpty, guess: true) is null && !AnyFromOutside(process, patient, services))
            facts |= LocalFacts.MayBeStuck;
        foreach (Wait wait in waits)
        {
            if (!wait.MayLast)
                facts |= LocalFacts.HasTimeout;
            if (StreamEnds.HasRead(wait) || (facts & LocalFacts.HasMaster) != 0)
                facts |= LocalFacts.WaitsOnPipe;
        }
        if (LockGraph.HasFault(process, patient))
            facts |= LocalFacts.HasLockFault;
        if (MayBeToldBySignal(process, waits))
            facts |= LocalFacts.MayWaitForSignal;
        if (WakerFinder.HasAlwaysWakers(process))
            facts |= LocalFacts.HasAlwaysWakers;
        if (process.IsZombie)
            facts |= LocalFacts.Zombie;
        if (!AnySleeps(waits) && Halts.Of(process, guess: true) != Halt.None)
            facts |= LocalFacts.Halted;
        if (Rules.FifoNoPeer.Awaits(process, waits) is not null)
            facts |= LocalFacts.AwaitsFifo;
        return facts;
    }

    /// <summary>Whether it catches a signal that programs wait for; or any but its own faults and what its runtime catches, and waits at what it may have the other end of: there any handler may write.</summary>
    public static bool MayBeToldBySignal(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        if ((process.SignalsCaught & SignalMask.WaitedForByDesign) != 0)
            return true;
        if ((process.SignalsCaught & ~SignalMask.OfFaults) == 0 || (process.SignalsCaught & ~(SignalMask.OfFaults | Housekeeping.CatchesOf(process, waits))) == 0)
            return false;
        foreach (Wait wait in waits)
        {
            if (wait.Kind is WaitKind.PipeRead or WaitKind.SocketRead or WaitKind.EventFd or WaitKind.Poll)
                return true;
        }
        return false;
    }

    /// <summary>What the fd table alone says.</summary>
    public static LocalFacts OfTable(ProcessRecord process)
    {
        LocalFacts facts = LocalFacts.None;
        if (StdioDuplicates.HasAny(process))
            facts |= LocalFacts.HoldsDuplicates;
        if (Adoption.MayBeOrphan(process))
            facts |= LocalFacts.MayBeOrphan;
        foreach (FileDescriptor fd in process.Fds)
        {
            if (fd.Target.Kind == FdKind.Socket)
                facts |= fd.DescriptorsInFlight > 0 ? LocalFacts.HasSocket | LocalFacts.CarriesDescriptors : LocalFacts.HasSocket;
            else if (fd.Target.Kind == FdKind.IoUring)
                facts |= LocalFacts.HasIoUring;
            else if (fd.Target.Kind is FdKind.Epoll or FdKind.TimerFd)
                facts |= LocalFacts.HasEpollOrTimer;
            else if (fd.Target.Kind == FdKind.PidFd)
                facts |= LocalFacts.HasPidFd;
            else if (WakerFinder.IsMaster(fd.Target))
                facts |= LocalFacts.HasMaster;
            else if (WakerFinder.IsSlave(fd.Target))
                facts |= LocalFacts.HasTerminal;
            if (fd.Async)
                facts |= LocalFacts.SendsSignals;
            if (fd.Description is not null)
                facts |= LocalFacts.HasDescriptions;
        }
        return facts;
    }

    /// <summary>Whether a thread is in a wait that was told by its wait channel: it is neither stopped nor frozen then. So are those of most programs.</summary>
    private static bool AnySleeps(ImmutableArray<Wait> waits)
    {
        foreach (Wait wait in waits)
        {
            if (wait.Kind is WaitKind.PipeRead or WaitKind.PipeWrite or WaitKind.Futex or WaitKind.Poll or WaitKind.ChildWait)
                return true;
        }
        return false;
    }

    private static bool AnyFromOutside(ProcessRecord process, ImmutableArray<Wait> patient, ImmutableArray<bool> services)
    {
        for (int i = 0; i < patient.Length; i++)
        {
            if ((services.IsDefault || !services[i]) && WakerFinder.WhyOutside(patient[i]) is not null && !Tickers.MayBe(Tickers.MainBeside(process, patient), i, patient[i]))
                return true;
        }
        return false;
    }

    /// <summary>Why it can run whatever its threads wait for, as far as its record tells; or null.</summary>
    /// <param name="known">The process.</param>
    /// <param name="noThreads">None of its threads was seen alive.</param>
    /// <param name="guess">
    /// Without the costly facts that only suspects have: nobody is to stop being a suspect by having been one.
    /// </param>
    /// <param name="runtime">The one that is in it, if any: no guess asks.</param>
    public static string? WhyItCanRun(HostProcess known, bool noThreads, bool guess, RuntimeMarks? runtime = null)
    {
        ProcessRecord process = known.Record;
        if (noThreads)
            return process.IsZombie ? "it has exited" : "no thread of it could be read";
        if (!process.ThreadsComplete)
            return "not all of its threads could be read";
        if (process.Behind)
            return "it has run since it was read";
        if (!guess && HasTimer(process, runtime))
            return "it has a POSIX timer";
        if (process.HasAlarm == true && !guess)
            return "it has an alarm pending";
        if (process.HasAlarm is null && !guess && CatchesAlarmAlone(process) && (runtime is null || (runtime.Catches & SignalMask.Alarm) == 0))
            return "it catches the signal of an interval timer, and whether one is set shows nowhere";
        if (!guess && (known.TableFacts & LocalFacts.SendsSignals) != 0)
            return "it has an fd that sends it signals (O_ASYNC, F_NOTIFY or mq_notify)";
        if (!guess && process.Fds.Any(fd => fd.Locks?.Any(held => held.Kind == LockKind.Lease) == true))
            return "it holds a lease, and is sent a signal when somebody opens the file";
        if (!guess && TakesASignal(process))
            return "a signal that it does not block is pending: it is about to run";
        return (known.TableFacts & LocalFacts.HasIoUring) != 0 || process.HasIoUring == true && !guess ? "it has an io_uring, and what is pending there shows nowhere" : null;
    }

    /// <summary>What could make it run and could not be read, as sentences.</summary>
    public static IEnumerable<string> NotKnown(ProcessRecord process, RuntimeMarks? runtime)
    {
        if (process.HasPosixTimers == true && !HasTimer(process, runtime))
            yield return $"{Narrator.Name(process)} has a POSIX timer, as its runtime has in every program, and whether it is set shows nowhere";
        if (process.FdSight != Sight.Seen)
            yield return $"the fd table of {Narrator.Name(process)} could not be read: it may have an fd that sends it signals";
        if (process.HasPosixTimers is null)
            yield return $"whether {Narrator.Name(process)} has a POSIX timer could not be read";
        if (process.HasAlarm is null && (process.SignalsCaught & SignalMask.Alarm) != 0)
            yield return $"{Narrator.Name(process)} catches SIGALRM, and whether it has set an alarm shows nowhere";
        if (process.HasIoUring is null)
            yield return $"whether {Narrator.Name(process)} has an io_uring could not be read";
        if (process.Fds.Any(fd => fd.CloseOnExec is null))
            yield return $"not all flags of the fds of {Narrator.Name(process)} could be read";
    }

    /// <summary>Whether it has a POSIX timer that says something: not one of its runtime, of which it is not seen whether it is set.</summary>
    public static bool HasTimer(ProcessRecord process, RuntimeMarks? runtime) =>
        process.HasPosixTimers == true && !(process.HasAlarm is null && runtime is { HasTimer: true });

    /// <summary>
    /// As who sets an alarm does. The other two timers count processor time, of which who waits takes none.
    /// </summary>
    private static bool CatchesAlarmAlone(ProcessRecord process) =>
        (process.SignalsCaught & SignalMask.Alarm) != 0 && SignalMask.AreChosen(process.SignalsCaught);

    /// <summary>A pending signal wakes every thread that does not block it, or waits for one to take it in sigwait(3).</summary>
    private static bool TakesASignal(ProcessRecord process)
    {
        foreach (ThreadRecord thread in process.Threads)
        {
            if (((process.SignalsPending | thread.SignalsPending.GetValueOrDefault()) & ~thread.SignalsBlocked.GetValueOrDefault()) != 0)
                return true;
        }
        return false;
    }
}
