namespace OrphanBoard.Shared.Snapshots;

/// <summary>Masks over SigCgt and SigIgn of /proc/PID/status: bit n-1 is signal n of signal(7).</summary>
internal static class SignalMask
{
    /// <summary>SIGCHLD.</summary>
    public const ulong Child = 1UL << 16;

    /// <summary>SIGCONT.</summary>
    public const ulong Continue = 1UL << 17;

    /// <summary>SIGRTMIN: 34, for the C library keeps two for itself.</summary>
    public const ulong FirstOfRealTime = 1UL << 33;

    /// <summary>SIGALRM.</summary>
    public const ulong Alarm = 1UL << 13;

    /// <summary>SIGVTALRM.</summary>
    public const ulong VirtualAlarm = 1UL << 25;

    /// <summary>SIGALRM, SIGVTALRM, SIGPROF.</summary>
    public const ulong IntervalTimers = Alarm | VirtualAlarm | 1UL << 26;

    /// <summary>SIGINT.</summary>
    public const ulong Interrupt = 1UL << 1;

    public const ulong HangUp = 1UL << 0, Quit = 1UL << 2, User1 = 1UL << 9, User2 = 1UL << 11, Terminate = 1UL << 14;

    /// <summary>SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM: programs sit and wait for these.</summary>
    public const ulong WaitedForByDesign = Interrupt | TellsToEnd;

    /// <summary>The same but SIGINT, which some runtimes catch in each program that they run: a handler of these is the program's own.</summary>
    public const ulong TellsToEnd = HangUp | Quit | User1 | User2 | Terminate;

    /// <summary>The same but SIGUSR1 and SIGUSR2: who is sent these is told of something else.</summary>
    public const ulong EndsOthersToo = HangUp | Quit | Terminate;

    /// <summary>The same as <see cref="WaitedForByDesign"/>, and what the kernel sends on behalf of a file, a socket or a timer: SIGURG, SIGIO, SIGPWR and the real-time signals that the C library leaves to programs;
    /// and <see cref="OfTheTerminal"/>.</summary>
    public const ulong OfAnyDesign = WaitedForByDesign | OfTheTerminal | 1UL << 22 | 1UL << 28 | 1UL << 29 | ulong.MaxValue << 33;

    /// <summary>What a terminal and a shell send: SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH. Who catches these mostly draws anew.</summary>
    public const ulong OfTheTerminal = Continue | 1UL << 19 | 1UL << 20 | 1UL << 21 | 1UL << 27;

    /// <summary>
    /// SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGPIPE and SIGSYS, which a thread brings upon itself, and the two of the C library's threads (32, 33): who waits is woken by none of them.
    /// </summary>
    public const ulong OfFaults = 1UL << 3 | 1UL << 4 | 1UL << 5 | 1UL << 6 | 1UL << 7 | 1UL << 10 | BrokenPipe | 1UL << 30 | 3UL << 31;

    /// <summary>Whether those that are caught were chosen. Who catches the signals of all interval timers catches whatever would end it, to clean up first, and says nothing by it.</summary>
    public static bool AreChosen(ulong caught) => (caught & IntervalTimers) != IntervalTimers;

    private const ulong BrokenPipe = 1UL << 12;

    /// <summary>SIGINT and SIGQUIT, which a shell ignores for what it runs in the background.</summary>
    public const ulong OfTheBackground = Interrupt | Quit;

    /// <summary>
    /// Whether it may sit and wait for a signal. Who catches one may; and who ignores SIGINT by its own doing, or would have caught it had it not been
    /// ignored from the start: a shell ignores SIGINT and SIGQUIT for what it runs in the background, and runtimes that ignore SIGPIPE then leave it so. Whose parent ignores SIGPIPE
    /// has that from it.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="parent">Null: not seen.</param>
    /// <param name="ofRuntime">What its runtime catches in every program.</param>
    public static bool MayLiveBySignals(ProcessRecord process, ProcessRecord? parent, ulong ofRuntime)
    {
        if ((process.SignalsCaught & WaitedForByDesign) != 0)
            return true;
        if ((process.SignalsIgnored & OfTheBackground) != OfTheBackground)
            return (process.SignalsIgnored & Interrupt) != 0;
        return (ofRuntime & Interrupt) != 0
            || (process.SignalsIgnored & BrokenPipe) != 0 && (parent is null || (parent.SignalsIgnored & BrokenPipe) == 0);
    }
}
