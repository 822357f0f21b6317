using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Fingerprints;

/// <summary>Findings whose fingerprints are compared.</summary>
internal static class FingerprintScenes
{
    public static Finding Only(Scene scene) => Assert.Single(scene.Diagnose().Findings);

    public static Scene Named(string name)
    {
        var scene = Scenes.Founding(eof: true);
        switch (name)
        {
            case "eof":
                return scene;
            case "seen":
                return Scenes.Founding(eof: false);
            case "stdin duplicated only":
                return Duplicates(stdin: true, stdout: false);
            case "stdout duplicated only":
                return Duplicates(stdin: false, stdout: true);
            case "nothing duplicated":
                return Duplicates(stdin: false, stdout: false);
            case "held by itself":
                scene = new Scene();
                scene.Process(10, "parent").WaitsFor(11);
                scene.Process(11, "filter", parent: 10).ReadEnd(7000, 0).WriteEnd(7000, 4).Reads(0);
                return scene;
            case "held by its parent":
                scene = new Scene();
                scene.Process(10, "parent").WriteEnd(7000, 4).WaitsFor(11);
                scene.Process(11, "filter", parent: 10).ReadEnd(7000, 0).Reads(0);
                return scene;
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "no such scene");
        }
    }

    public static Scene Duplicates(bool stdin, bool stdout)
    {
        var scene = new Scene();
        scene.Process(110, "contract-tests").WriteEnd(7003, 30).ReadEnd(7001, 32).Reads(32);
        Actor child = scene.Process(120, "served-child", parent: 110).ReadEnd(7000, 0).WriteEnd(7001, 1).ReadEnd(7003, 29).Reads(29);
        if (stdin)
            child.ReadEnd(7000, 3);
        if (stdout)
            child.WriteEnd(7001, 4);
        return scene;
    }

    public static Scene Ring(ImmutableArray<int> order)
    {
        var scene = new Scene();
        for (int place = 0; place < order.Length; place++)
            scene.Process(100 + order[place], "worker").ReadEnd(7000 + place, 3).WriteEnd(7000 + (place + 1) % order.Length, 4).Reads(3);
        return scene;
    }

    public static ImmutableArray<int> Shuffled(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).OrderBy(_ => random.Next())];
    }

    public static Finding Founding() => Only(Scenes.Founding(eof: true));

    public static Finding Changed(Finding finding, Func<Participant, Participant> change)
    {
        finding = finding with { Participants = [.. finding.Participants.Select(participant => participant.Comm == "served-child" ? change(participant) : participant)] };
        return finding with { Fingerprint = Fingerprinter.Of(finding) };
    }

    public static Finding Hiding(Finding finding) => Changed(finding, participant => participant with { Fds = [], FdsHidden = true });

    public static Finding WithOrphan(string name, OrphanInfo orphan)
    {
        Finding finding = Only(Scenes.HeldByOrphan());
        finding = finding with
        {
            Participants = [.. finding.Participants.Select(participant => participant.Role == ParticipantRole.OrphanHolder ? participant with { Comm = name, Cmdline = [name], Orphan = orphan } : participant)],
        };
        return finding with { Fingerprint = Fingerprinter.Of(finding) };
    }

    /// <summary>Two processes, each of which waits for what the other holds.</summary>
    public static Finding Mutual(string kind, string first, string second, string? detail = null) => Only(Scenes.CrossReaders()) with
    {
        Participants =
        [
            One(10, "left", first, second, kind),
            One(11, "right", second, first, kind),
        ],
        Edges =
        [
            new WaitEdge(new EdgeEnd(10, 10), 0, kind, first, [new EdgeTarget(11, 4, false)], EdgeBasis.Proven) { Detail = detail },
            new WaitEdge(new EdgeEnd(11, 11), 0, kind, second, [new EdgeTarget(10, 4, false)], EdgeBasis.Proven) { Detail = detail },
        ],
        Culprit = null,
        Culprits = [],
    };

    public static Participant One(int pid, string name, string waitsOn, string holds, string kind) => new()
    {
        Pid = pid,
        StartTimeTicks = 1,
        Ppid = 1,
        Comm = name,
        Cmdline = [name],
        Role = ParticipantRole.Waiter,
        State = "S",
        Threads = [new ThreadInfo(pid, name, kind, Bounded.No, waitsOn, null, null, false, 1)],
        Fds = [new FdInfo(3, waitsOn, "r", null), new FdInfo(4, holds, "w", null)],
    };

    public static Scene Kin(int children)
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "stuck-parent");
        parent.WaitsOnFutex();
        for (int child = 0; child < children; child++)
        {
            parent.WriteEnd(7000 + child, 20 + child);
            scene.Process(20 + child, "stuck-child", parent: 10).ReadEnd(7000 + child, 0).WaitsOnFutex();
        }
        return scene;
    }

    public static Scene HeldByOrphans(params int[] fds)
    {
        var scene = new Scene();
        scene.Process(100, "runner").Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Reads(3);
        for (int orphan = 0; orphan < fds.Length; orphan++)
        {
            Actor leftover = scene.Process(120 + orphan, "leftover").WriteEnd(7000, fds[orphan]).Sleeps();
            leftover.Session = leftover.Pgrp = 110;
            leftover.Has(0, "/dev/null", FdAccess.Read);
        }
        return scene;
    }

    public static Scene Zombies(int count)
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        for (int pid = 11; pid < 11 + count; pid++)
        {
            Actor done = scene.Process(pid, "done", parent: 10);
            done.State = 'Z';
            done.With = record => record with { ExitedAt = TimeSpan.Zero };
        }
        return scene;
    }

    public static Scene WithParent(Scene scene, int child, int parent)
    {
        scene.Process(child, "runner", parent).WaitsFor(110);
        return scene;
    }
}
