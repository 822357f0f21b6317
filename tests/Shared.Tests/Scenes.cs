using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests;

/// <summary>Scenes that more than one test is about.</summary>
internal static class Scenes
{
    /// <summary>
    /// The founding hang with its recorded fd tables. <paramref name="shift"/> moves all pids and inodes, <paramref name="fd"/> all fds above 2.
    /// </summary>
    public static Scene Founding(bool eof, int shift = 0, int fd = 0, string names = "")
    {
        var scene = new Scene();
        int runner = 100 + shift, test = 110 + shift, child = 120 + shift, pipe = 7000 + shift;
        int stdin = pipe, stdout = pipe + 1, stderr = pipe + 2, lifeline = pipe + 3;
        scene.Process(runner, "runner" + names).WaitsFor(test);
        Actor binary = scene.Process(test, "contract-tests" + names, parent: runner)
            .ReadEnd(pipe + 10, 3 + fd).WriteEnd(pipe + 10, 6 + fd).ReadEnd(pipe + 11, 8 + fd).WriteEnd(pipe + 11, 9 + fd)
            .WriteEnd(lifeline, 30 + fd);
        Actor served = scene.Process(child, "served-child" + names, parent: test)
            .ReadEnd(stdin, 0, 3 + fd).WriteEnd(stdout, 1, 4 + fd).WriteEnd(stderr, 2, 5 + fd).ReadEnd(lifeline, 29 + fd);
        if (eof)
        {
            binary.ReadEnd(stdout, 32 + fd).Reads(32 + fd);
            served.Reads(29 + fd);
        }
        else
        {
            binary.WaitsOnFutex();
            served.WaitsOnFutex();
        }
        for (int thread = 0; thread < 2; thread++)
            binary.WaitsOnFutex();
        for (int thread = 0; thread < 6; thread++)
            served.WaitsOnFutex();
        return scene;
    }

    /// <summary>Two processes, each reading from the other.</summary>
    public static Scene CrossReaders(int parent = 1)
    {
        var scene = new Scene();
        scene.Process(10, "left", parent).ReadEnd(7000, 3).WriteEnd(7001, 4).Reads(3);
        scene.Process(11, "right", parent).ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);
        return scene;
    }

    /// <summary>A runner that reads the output of a child that is gone; the child's child, adopted by init, still has it open.</summary>
    public static Scene HeldByOrphan()
    {
        var scene = new Scene();
        scene.Process(100, "runner").Has(3, "pipe:[7000]", FdAccess.Read, closeOnExec: true).Reads(3);
        Actor leftover = scene.Process(120, "leftover").WriteEnd(7000, 1).Sleeps();
        leftover.Session = leftover.Pgrp = 110;
        leftover.Has(0, "/dev/null", FdAccess.Read);
        return scene;
    }
}
