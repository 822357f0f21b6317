using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Tests.Looking;

namespace OrphanBoard.Agent.Tests.Bpf;

/// <summary>Who may load the kernel program, and what is said where it cannot be.</summary>
public sealed partial class BpfLoadTests
{
    // capabilities(7)
    private const int PerfMon = 38, Bpf = 39;

    [Fact]
    public void TryOpen_ThisBuild_LoadsOrSaysWhatItLacks()
    {
        using BpfSweep? sweep = BpfSweep.TryOpen(out string? reason);

        if (typeof(BpfSweep).Assembly.GetManifestResourceInfo("collector.bin.gz") is null)
            Assert.Equal("this agent was built without it: install clang, bpftool and libbpf-dev and run ./orphanboard build again", reason);
        else if (geteuid() == 0)
            Assert.Null(reason);
        Assert.Equal(reason is null, sweep is not null);
    }

    [Fact]
    public async Task TryOpen_UserWithTwoCapabilities_SeesEverything()
    {
        Sweeping.Open().Dispose();
        Assert.SkipUnless(geteuid() == 0, "only root can become another user");
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "fds");

        Swept swept = AsNobody(1UL << PerfMon | 1UL << Bpf, () =>
        {
            using BpfSweep sweep = BpfSweep.TryOpen(out string? reason) ?? throw new InvalidOperationException(reason);
            Assert.Null(sweep.WithoutBirths);
            return sweep.FindStill(specimen.Pid);
        });

        Assert.Equal((0U, 18), (swept.Process.Uid, swept.Fds.Length));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL << PerfMon)]
    [InlineData(1UL << Bpf)]
    public void TryOpen_UserWithoutThem_SaysWhichAreNeeded(ulong capabilities)
    {
        Sweeping.Open().Dispose();
        Assert.SkipUnless(geteuid() == 0, "only root can become another user");

        string? reason = AsNobody(capabilities, () =>
        {
            using BpfSweep? sweep = BpfSweep.TryOpen(out string? why);
            return why;
        });

        Assert.Equal("not permitted: it needs CAP_BPF and CAP_PERFMON (setcap cap_bpf,cap_perfmon+ep, or root)", reason);
    }

    [Theory]
    [InlineData("5.10.0-28-amd64", true)]
    [InlineData("5.17.15", true)]
    [InlineData("5.18.0", false)]
    [InlineData("6.1-rc3", false)]
    [InlineData("10.0.1", false)]
    [InlineData("unknown", false)]
    public void IsTooOld_Release_BeginsWith518(string release, bool tooOld) => Assert.Equal(tooOld, BpfProgram.IsTooOld(release));

    [Fact]
    public void TryParse_DamagedOrForeignProgram_IsRefusedInOneLine()
    {
        using Stream? stream = typeof(BpfSweep).Assembly.GetManifestResourceStream("collector.bin.gz");
        Assert.SkipWhen(stream is null, "this build has none");
        byte[] whole = BpfBlob.Unpack(stream!);
        Assert.NotNull(BpfBlob.TryParse([.. whole], out _));

        AssertRefused(whole[..50], "damaged");
        AssertRefused(whole[..^1], "damaged");
        AssertRefused([0, .. whole[1..]], "damaged");
        AssertRefused(With(whole, BpfBlob.Field.Machine, 3), "for another architecture");
        AssertRefused(With(whole, BpfBlob.Field.FdRowSize, 8), "of another version");
    }

    private static void AssertRefused(byte[] bytes, string word)
    {
        Assert.Null(BpfBlob.TryParse(bytes, out string? reason));
        Assert.Contains(word, reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', reason!);
    }

    private static byte[] With(byte[] whole, BpfBlob.Field field, int value)
    {
        byte[] changed = [.. whole];
        BitConverter.TryWriteBytes(changed.AsSpan(8 + (int)field * sizeof(int)), value);
        return changed;
    }

    /// <summary>The calls themselves, not glibc's wrappers: they change the one thread that makes them, which ends right after.</summary>
    private static T AsNobody<T>(ulong capabilities, Func<T> act)
    {
        const int Nobody = 65534, KeepCapabilities = 8, Version3 = 0x20080522;
        bool arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        int setresuid = arm ? 147 : 117, capset = arm ? 91 : 126, prctl = arm ? 167 : 157;
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.Equal(0, syscall(prctl, KeepCapabilities, 1, 0));
                Assert.Equal(0, syscall(setresuid, Nobody, Nobody, Nobody));
                uint[] header = [Version3, 0], low = [(uint)capabilities, (uint)capabilities, 0], high = [(uint)(capabilities >> 32), (uint)(capabilities >> 32), 0];
                uint[] data = [.. low, .. high];
                unsafe
                {
                    fixed (uint* head = header, sets = data)
                        Assert.Equal(0, syscall(capset, (nint)head, (nint)sets, 0));
                }
                result = act();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint first, nint second, nint third);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
