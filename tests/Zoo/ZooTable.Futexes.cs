using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Threads that wait inside one process, and in memory that processes share.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen
        SharedSemaphore = SharedLocks("semaphore", "lost-wakeup", "first", "second"),
        UnnamedSemaphore = SharedLocks("unnamed", "lost-wakeup", "first", "second"),
        LocksInAFile = SharedLocks("file", "lock-order-cycle", "first", "second");

    private static readonly Specimen[] FutexHangs =
    [
        new("lost-wakeup", Program("lost-wakeup"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "lost-wakeup") { Pids = ["lost-wakeup"], Culprit = new("lost-wakeup") },
        },
        Locks("abba", "lock-order-cycle", "lock-order"),
        Locks("ring", "lock-order-cycle", "ring"),
        Locks("self", "self-deadlock", "self"),
        Locks("handler", "self-deadlock", "self"),
        Locks("owner-exited", "lock-owner-gone", "owner-exited"),
        Locks("join-held", "join-cycle", "join-held"),
        Locks("joins", "join-cycle", "joins"),
        Locks("semaphore", "lost-wakeup", "semaphore"),
        Locks("barrier", "lost-wakeup", "barrier"),
        Locks("upgrade", "self-deadlock", "upgrade"),
        Locks("writers", "lock-order-cycle", "writers"),
        Locks("readers", "lock-order-cycle", "readers"),
        Locks("upgrades", "lock-order-cycle", "upgrades"),
        Locks("nested", "lock-held-by-stuck", "nested"),
        Locks("led", "lock-held-by-stuck", "led"),
        Locks("atomic", "lost-wakeup", "untold"),
        Locks("waitv", "lost-wakeup", "untold"),
        Locks("once", "lost-wakeup", "untold"),
        Locks("changed", "lost-wakeup", "untold"),
        LivingLocks("abba", "lock-order-cycle", "lock-order"),
        LivingLocks("self", "self-deadlock", "self"),
        LivingLocks("owner-exited", "lock-owner-gone", "owner-exited"),
        LivingLocks("join-held", "join-cycle", "join-held"),
        SharedLocks("abba", "lock-order-cycle", "first", "second"),
        // On a busy host processes end before it can be asked whether they have the unlinked file.
        LocksInAFile with { Expected = LocksInAFile.Expected! with { AtLeast = Confidence.Likely } },
        SharedLocks("readers", "lock-order-cycle", "first", "second", "parent"),
        SharedLocks("parent", "child-never-exits", "parent", "child"),
        SharedLocks("died", "lock-owner-gone", "shared-locks"),
        SharedSemaphore with { Expected = SharedSemaphore.Expected! with { AtLeast = Confidence.Likely } },
        UnnamedSemaphore with { Expected = UnnamedSemaphore.Expected! with { AtLeast = Confidence.Likely } },
        SharedLocks("keyless", "lost-wakeup", "first", "second"),
        SharedLocks("fork", "fork-while-locked", "worker-0", "shared-locks"),
        SharedLocks("workers", "fork-while-locked", [.. Enumerable.Range(0, 8).Select(worker => $"worker-{worker}"), "shared-locks"]),
        StdLocks("self", "self-deadlock"),
        StdLocks("join", "join-cycle"),
        StdLocks("abba", "lock-order-cycle"),
        new("fork-in-python", "python3", Script("forked_pool.py"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "fork-while-locked") { Pids = ["parent", "worker"], Culprit = new("worker") },
        },
        new("fork-beside-a-thread-that-works", "python3", Script("forked_worker.py"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "fork-while-locked") { Pids = ["worker"], Others = ["parent"], Culprit = new("worker") },
        },
        new("worker-that-is-joined-in-python", "python3", Script("joined_worker.py"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "lost-wakeup") { Pids = ["parent", "worker"], Culprit = new("worker") },
        },
        new("worker-that-is-joined-waits-for-its-parent", "python3", Script("joined_worker.py"), "shared")
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "lost-wakeup") { AtLeast = Confidence.Likely, Pids = ["parent", "worker"], Culprit = new("worker") },
        },
        // What keeps the names of its semaphores reads a pipe to its end.
        new("event-that-nobody-sets-for-a-spawned-process", "python3", Script("spawned_event.py"), "event")
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "lost-wakeup") { Pids = ["parent", "child"], Unannounced = 1, Culprit = new("child") },
        },
        new("worker-killed-with-the-lock-of-its-queue", "python3", Script("spawned_event.py"), "worker")
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "lost-wakeup") { AtLeast = Confidence.Likely, Pids = ["parent", "child"], Culprit = new("child") },
        },
    ];

    private static readonly Specimen[] HealthyFutexes =
    [
        .. new[] { "locks-abba", "locks-self", "locks-owner-exited", "locks-join-held", "locks-readers", "locks-nested", "locks-waitv", "locks-once", "locks-changed", "shared-locks-abba", "shared-locks-file", "shared-locks-readers", "shared-locks-parent", "shared-locks-died", "shared-locks-semaphore", "shared-locks-fork" }.Select(Healthily),
        .. new[] { "shared-locks-semaphore", "shared-locks-unnamed", "shared-locks-keyless" }.Select(hang => Healthily(hang) with { Name = $"{hang}-named", Environment = Form("named") }),
        .. new[] { "std-locks-abba", "std-locks-self", "std-locks-join" }.Select(Healthily),
        Healthily("fork-in-python"),
        Healthily("fork-beside-a-thread-that-works"),
        Healthily("worker-that-is-joined-in-python") with { Environment = Form("busy") },
        Healthily("worker-that-is-joined-waits-for-its-parent") with { Environment = Form("busy") },
        Healthily("event-that-nobody-sets-for-a-spawned-process"),
        Healthily("worker-killed-with-the-lock-of-its-queue"),
        new("leader-and-followers", Program("pools"), "leader"),
        new("locks-with-a-timeout", Program("pools"), "timed"),
        new("lock-that-inherits-priority", Program("pools"), "inherit"),
        new("idle-worker-pool", Program("pools"), "idle"),
    ];

    /// <summary>All threads are stuck.</summary>
    private static Specimen Locks(string form, string rule, string group) => new($"locks-{form}", Program("locks"), form)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, rule) { Pids = ["locks"], Culprit = new("locks"), Group = $"locks-{group}" },
    };

    /// <summary>One more thread works on.</summary>
    private static Specimen LivingLocks(string form, string rule, string group) => new($"locks-{form}-living", Program("locks"), form, "living")
    {
        Expected = new(FindingClass.Deadlock, Confidence.Likely, rule) { Pids = ["locks"], Culprit = new("locks"), Group = $"locks-{group}" },
    };

    private static Specimen SharedLocks(string form, string rule, params string[] roles) => new($"shared-locks-{form}", Program("shared-locks"), form)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, rule) { Pids = roles, Culprit = roles[0] == "first" ? null : new(roles[0]), Group = rule == "lost-wakeup" ? "shared-semaphore" : form is "abba" or "file" ? "shared-locks-abba" : null },
    };

    private static Specimen StdLocks(string form, string rule) => new($"std-locks-{form}", Script("std-locks.sh"), form)
    {
        Needs = "rustc",
        Expected = new(FindingClass.Deadlock, Confidence.Proven, rule) { Pids = ["std-locks"], Culprit = new("std-locks") },
    };

    /// <summary>The same program, in which whoever is waited for is at work.</summary>
    private static Specimen Healthily(string hang) => Healthily(FutexHangs.Single(specimen => specimen.Name == hang));
}
