using System.Text.Json;
using OrphanBoard.Agent.Doctoring;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Agent.Tests.Commands;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Doctoring;

public sealed class DoctorTests
{
    private const ulong All = 0x1ffffffffff, Needed = 1UL << CapabilitySet.SysPtrace | 1UL << CapabilitySet.DacReadSearch;
    private const string SetCap = "sudo setcap cap_sys_ptrace,cap_dac_read_search+ep /opt/orphan-agent";
    private const string AddCap = "docker run --cap-add=SYS_PTRACE --cap-add=DAC_READ_SEARCH ...";

    private static readonly SightFacts Whole = new()
    {
        Program = "/opt/orphan-agent",
        Backend = new BackendChoice("ebpf", [], null),
        Events = new EventsChoice(EventsChoice.Connector, null),
        Uid = 0,
        Effective = new CapabilitySet(All),
        Bounding = new CapabilitySet(All),
        HidePid = "off",
        InitialPidNamespace = true,
        InitialUserNamespace = true,
        Child = new ChildSight(BlockedCallStatus.InCall, "anon_pipe_read", Sight.Seen, Sight.Seen, Sight.Seen, Sight.Seen),
        Hidden = [],
        Reads = default,
        Seen = (10, 20),
        UnixSockets = Sight.Seen,
    };

    private static readonly SightFacts Plain = Whole with { Uid = 1000, Effective = default };

    [Fact]
    public void Examine_EverythingVisible_IsOkThroughout() => Assert.All(Doctor.Examine(Whole), check => Assert.Equal((CheckLevel.Ok, null, null), (check.Level, check.Why, check.Mend)));

    [Fact]
    public void Examine_LesserBackEnd_NamesItSaysWhyNotEachBetterOneAndHowToGetIt()
    {
        var choice = new BackendChoice("proc", [("ebpf", "CAP_BPF is missing"), ("taskstats", "CAP_NET_ADMIN is missing")], "sudo setcap cap_bpf,cap_perfmon+ep /opt/orphan-agent");

        Check check = Only(Whole with { Backend = choice }, "backend");

        Assert.Equal((CheckLevel.Note, choice.Mend), (check.Level, check.Mend));
        Assert.Equal("looks go through plain /proc", check.Says);
        Assert.Equal("Not eBPF: CAP_BPF is missing; not /proc with taskstats: CAP_NET_ADMIN is missing.", check.Why);
    }

    [Theory]
    [InlineData("ebpf", "looks go through eBPF")]
    [InlineData("taskstats", "looks go through /proc with taskstats")]
    [InlineData("proc", "looks go through plain /proc")]
    public void Examine_BestBackEndThereIs_IsNamedAndOk(string name, string says) =>
        Assert.Equal(new Check("backend", CheckLevel.Ok, says), Only(Whole with { Backend = new BackendChoice(name, [], null) }, "backend"));

    [Theory]
    [InlineData(EventsChoice.Connector, CheckLevel.Ok)]
    [InlineData(EventsChoice.Ebpf, CheckLevel.Ok)]
    [InlineData(EventsChoice.Polling, CheckLevel.Note)]
    public void Examine_Events_PollingMissesWhatIsShort(string source, CheckLevel level) =>
        Is(Whole with { Events = new EventsChoice(source, null) }, "events", level, null);

    [Fact]
    public void Examine_PollingForAReason_TellsIt() => Assert.EndsWith(
        "nobody known. The connector is silent in a pid namespace of its own.",
        Only(Whole with { Events = new EventsChoice(EventsChoice.Polling, "the connector is silent in a pid namespace of its own") }, "events").Why,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(null, false, CheckLevel.Ok, null)]
    [InlineData(0, false, CheckLevel.Ok, null)]
    [InlineData(1, false, CheckLevel.Partial, SetCap)]
    [InlineData(2, false, CheckLevel.Partial, SetCap)]
    [InlineData(3, false, CheckLevel.Partial, null)]
    [InlineData(0, true, CheckLevel.Ok, null)]
    [InlineData(1, true, CheckLevel.Ok, null)]
    [InlineData(2, true, CheckLevel.Ok, null)]
    [InlineData(3, true, CheckLevel.Partial, null)]
    [InlineData(9, true, CheckLevel.Note, null)]
    public void Examine_Yama_DependsOnScopeAndCapability(int? scope, bool privileged, CheckLevel level, string? mend) =>
        Is((privileged ? Whole : Plain) with { YamaScope = scope }, "yama", level, mend);

    [Theory]
    [InlineData("0", false, CheckLevel.Ok, null)]
    [InlineData("off", false, CheckLevel.Ok, null)]
    [InlineData("1", false, CheckLevel.Partial, SetCap)]
    [InlineData("noaccess", false, CheckLevel.Partial, SetCap)]
    [InlineData("2", false, CheckLevel.Partial, SetCap)]
    [InlineData("invisible", false, CheckLevel.Partial, SetCap)]
    [InlineData("ptraceable", false, CheckLevel.Partial, SetCap)]
    [InlineData("invisible", true, CheckLevel.Ok, null)]
    [InlineData(null, true, CheckLevel.Note, null)]
    public void Examine_HidePid_DependsOnOptionAndCapability(string? option, bool privileged, CheckLevel level, string? mend) =>
        Is((privileged ? Whole : Plain) with { HidePid = option }, "hidepid", level, mend);

    [Theory]
    [InlineData(true, true, CheckLevel.Ok)]
    [InlineData(true, false, CheckLevel.Note)]
    [InlineData(false, true, CheckLevel.Partial)]
    [InlineData(null, null, CheckLevel.Note)]
    public void Examine_Namespaces_OtherPidNamespaceHidesTheHost(bool? pid, bool? user, CheckLevel level) =>
        Assert.Equal(level, Only(Whole with { InitialPidNamespace = pid, InitialUserNamespace = user }, "namespaces").Level);

    [Theory]
    [InlineData(0UL, CheckLevel.Note)]
    [InlineData(1UL << CapabilitySet.SysPtrace, CheckLevel.Note)]
    [InlineData(Needed, CheckLevel.Ok)]
    [InlineData(1UL << CapabilitySet.SysPtrace | 1UL << CapabilitySet.DacOverride, CheckLevel.Ok)]
    public void Examine_Rights_AreWholeWithBothCapabilities(ulong effective, CheckLevel level) =>
        Assert.Equal(level, Only(Whole with { Effective = new CapabilitySet(effective) }, "rights").Level);

    [Fact]
    public void Examine_HiddenOfAnotherUser_IsMendedBySetcapOrByTheContainersMaker()
    {
        SightFacts facts = Plain with { Hidden = [Hidden(0, true, 2)] };

        Is(facts, "hidden", CheckLevel.Partial, SetCap);
        Is(facts with { Bounding = new CapabilitySet(All & ~Needed) }, "hidden", CheckLevel.Partial, AddCap);
        Is(facts with { Program = "/opt/my agent's" }, "hidden", CheckLevel.Partial, @"sudo setcap cap_sys_ptrace,cap_dac_read_search+ep '/opt/my agent'\''s'");
    }

    [Theory]
    [InlineData(true, "security module")]
    [InlineData(false, "user namespace above")]
    public void Examine_HiddenFromThePrivileged_SaysThatNothingMendsIt(bool initialUser, string why)
    {
        Check check = Only(Whole with { InitialUserNamespace = initialUser, Hidden = [Hidden(0, true, 1)] }, "hidden");

        Assert.Equal((CheckLevel.Partial, null), (check.Level, check.Mend));
        Assert.Contains(why, check.Why, StringComparison.Ordinal);
        Assert.Contains("mends it", check.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0U, true, null, "OtherUser")]
    [InlineData(1000U, true, null, "Protected")]
    [InlineData(1000U, true, 1, "Protected")]
    [InlineData(1000U, false, 1, "Yama")]
    [InlineData(0U, false, 1, "OtherUser")]
    [InlineData(0U, false, 3, "Yama")]
    public void ReasonFor_WithoutCapabilities_IsUserYamaOrProtection(uint uid, bool table, int? yama, string reason) =>
        Assert.Equal(reason, HiddenProcesses.ReasonFor(Hidden(uid, table, 1), Plain with { YamaScope = yama }).ToString());

    [Fact]
    public void Examine_HiddenOfSeveralUsers_IsOneCheckForEach()
    {
        Check[] checks = [.. Doctor.Examine(Plain with { Hidden = [Hidden(0, true, 2), Hidden(33, true, 1), Hidden(33, false, 4)] }).Where(check => check.Name == "hidden")];

        Assert.Equal(2, checks.Length);
        Assert.StartsWith("uid 0: 1 fd table and 2 blocked calls hidden, of pid 7 (some)", checks[0].Says, StringComparison.Ordinal);
        Assert.StartsWith("uid 33: 1 fd table and 5 blocked calls hidden", checks[1].Says, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BlockedCallStatus.InCall, "do_wait", Sight.Seen, CheckLevel.Ok)]
    [InlineData(BlockedCallStatus.Denied, "do_wait", null, CheckLevel.Partial)]
    [InlineData(BlockedCallStatus.Unreadable, "do_wait", null, CheckLevel.Partial)]
    [InlineData(BlockedCallStatus.InCall, null, Sight.Seen, CheckLevel.Partial)]
    [InlineData(BlockedCallStatus.InCall, "do_wait", Sight.Denied, CheckLevel.Partial)]
    public void Examine_Child_ShowsWhatTheKernelOffers(BlockedCallStatus call, string? wchan, Sight? memory, CheckLevel level) =>
        Is(Whole with { Child = Whole.Child! with { Call = call, Wchan = wchan, Memory = memory } }, "waits", level, null);

    [Theory]
    [InlineData(Sight.Seen, Sight.Seen, Sight.Gone, CheckLevel.Partial)]
    [InlineData(Sight.Gone, Sight.Seen, Sight.Seen, CheckLevel.Partial)]
    [InlineData(Sight.Seen, Sight.Gone, Sight.Seen, CheckLevel.Note)]
    public void Examine_Counters_SchedAloneIsNotEssential(Sight schedstat, Sight sched, Sight timers, CheckLevel level) =>
        Is(Whole with { Child = Whole.Child! with { Schedstat = schedstat, Sched = sched, Timers = timers } }, "counters", level, null);

    [Fact]
    public void Examine_UnixSocketsOrOtherReadsMissing_IsPartial()
    {
        Is(Whole with { UnixSockets = Sight.Denied }, "unix-sockets", CheckLevel.Partial, null);
        Is(Whole with { Reads = new ReadCounts(0, 0, 0, 3) }, "reads", CheckLevel.Partial, null);
        Is(Plain with { Reads = new ReadCounts(0, 0, 2, 0) }, "hidden", CheckLevel.Partial, SetCap);
    }

    [Fact]
    public void Examine_ReadsThatBlocked_NamesWhomAndWhatItCosts()
    {
        SightFacts blocked = Whole with { Blocked = [(7, "some")] };

        Assert.Contains("pid 7 (some)", Only(blocked, "blocked").Says, StringComparison.Ordinal);
        Is(blocked, "blocked", CheckLevel.Partial, null);
        Is(blocked with { Reading = ReadingMode.Suspended }, "blocked", CheckLevel.Partial, null);
        Is(Whole with { Reading = ReadingMode.Direct, WhyNoHelper = "/proc/self/exe: No such file or directory" }, "blocked", CheckLevel.Partial, null);
        Assert.Contains("/proc/self/exe", Only(Whole with { Reading = ReadingMode.Direct, WhyNoHelper = "/proc/self/exe: gone" }, "blocked").Says, StringComparison.Ordinal);
    }

    [Fact]
    public void Examine_StackToolMissing_IsANoteThatTellsWhatToInstall()
    {
        SightFacts facts = Whole with { StackTools = [new("inspector", null), new("some", "it is not installed: apt-get install some")] };

        Check check = Only(facts, "stacks");

        Assert.Equal((CheckLevel.Note, "stacks of hung processes are read by: inspector"), (check.Level, check.Says));
        Assert.EndsWith("some: it is not installed: apt-get install some.", check.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OnThisHost_SeesItsChildAndExitsByItsSight()
    {
        Ran text = await AgentProgram.RunAsync("doctor"), json = await AgentProgram.RunAsync("doctor", "--json");

        DoctorReport report = JsonSerializer.Deserialize(json.Text, DoctorJson.Default.DoctorReport)!;
        bool partial = report.Checks.Any(check => check.Level == CheckLevel.Partial);
        Assert.Equal((partial ? 4 : 0, partial ? "partial" : "whole", ""), (json.Exit, report.Sight, json.Error));
        Assert.Equal(json.Exit, text.Exit);
        Assert.StartsWith($"{report.Sight} sight", text.Text, StringComparison.Ordinal);
        Assert.NotEqual(CheckLevel.Note, report.Checks.Single(check => check.Name == "waits").Level);
    }

    private static HiddenProcess Hidden(uint uid, bool table, int waits) => new(7, "some", uid, table, waits);

    private static Check Only(SightFacts facts, string name) => Assert.Single(Doctor.Examine(facts), check => check.Name == name);

    private static void Is(SightFacts facts, string name, CheckLevel level, string? mend)
    {
        Check check = Only(facts, name);
        Assert.Equal((level, mend), (check.Level, check.Mend));
        Assert.True(level != CheckLevel.Partial || check.Why is not null, "what is hidden has a reason");
    }
}
