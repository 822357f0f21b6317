using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Linux;

/// <summary>Numbers of the calls that go through syscall(2), per architecture. Source: syscalls(2), the kernel's syscall tables.</summary>
internal static class SystemCallNumbers
{
    private static readonly bool Arm64 = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => false,
        Architecture.Arm64 => true,
        Architecture other => throw new PlatformNotSupportedException($"orphan-agent runs on x86_64 and aarch64, not on {other}"),
    };

    //                                                     aarch64 x86_64
    internal static int GetDents64 { get; } = Arm64 ? 61 : 217;
    internal static int Kcmp { get; } = Arm64 ? 272 : 312;
    internal static int PidfdOpen => 434; // the same on both, as all since 424
    internal static int OpenAt2 => 437;
    internal static int PidfdGetfd => 438;
    internal static int PidfdSendSignal => 424;
    internal static int Bpf { get; } = Arm64 ? 280 : 321;
}
