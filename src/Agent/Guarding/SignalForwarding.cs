using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Procfs;

namespace OrphanBoard.Agent.Guarding;

/// <summary>
/// Signals that are sent to guard go on to the command. What the terminal sends to its foreground process group the command has been sent as well. A
/// signal that guard was started to ignore (nohup, a background job of a shell) is left ignored, for the command as for guard.
/// </summary>
internal sealed class SignalForwarding : IDisposable
{
    private const int Hangup = 1, Interrupt = 2, Quit = 3, User1 = 10, User2 = 12, Terminate = 15;

    private static readonly ImmutableArray<int> Forwarded = [Hangup, Interrupt, Quit, User1, User2, Terminate];

    private readonly ImmutableArray<PosixSignalRegistration> _registrations;
    private readonly Action<int> _send;

    /// <param name="send">Sends to the command; called by a thread of the runtime, from the moment on that this exists.</param>
    public SignalForwarding(Action<int> send)
    {
        _send = send;
        _registrations = [.. Forwarded.Where(signal => !IsIgnored(signal)).Select(signal => PosixSignalRegistration.Create((PosixSignal)signal, context =>
        {
            context.Cancel = true;
            Forward(signal);
        }))];
    }

    /// <summary>The last signal of Ctrl-C or Ctrl-\\ that the terminal has sent to all of its foreground, guard among them; null: none.</summary>
    public int? FromTerminal { get; private set; }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    private void Forward(int signal)
    {
        if (signal is Interrupt or Quit && IsInForeground())
        {
            FromTerminal = signal;
            return;
        }
        _send(signal);
    }

    /// <summary>SigIgn of /proc/self/status: a mask of signals, bit n-1 for signal n.</summary>
    private static bool IsIgnored(int signal) =>
        File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } line
        && ulong.TryParse(line.AsSpan(7).Trim(), System.Globalization.NumberStyles.HexNumber, null, out ulong ignored) && (ignored >> (signal - 1) & 1) != 0;

    /// <summary>tpgid of /proc/self/stat: the foreground process group of our terminal.</summary>
    private static bool IsInForeground() =>
        StatFile.TryParse(File.ReadAllBytes("/proc/self/stat"), out StatFile stat) && stat.Tpgid == stat.Pgrp && stat.TtyNr != 0;
}
