using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>What a picture of a finding has to show, before anything has a place. Both drawings are made from it.</summary>
/// <param name="Processes">Waiters first, each before those that it waits for where that is possible.</param>
/// <param name="Resources">Objects with a pill.</param>
/// <param name="Ports">Fds of one process on the same end of the same object share a port.</param>
/// <param name="Waits">At most one per pair of processes.</param>
/// <param name="Folded">Participants that are not drawn: they neither wait nor share anything, or there are too many.</param>
/// <param name="FoldedWaits">Waits that are not drawn because there are too many.</param>
public sealed record Story(
    ImmutableArray<StoryProcess> Processes,
    ImmutableArray<StoryResource> Resources,
    ImmutableArray<StoryPort> Ports,
    ImmutableArray<StoryWait> Waits,
    ImmutableArray<Participant> Folded,
    int FoldedWaits)
{
    /// <summary>More processes than this are hard to read as a picture: the table comes first.</summary>
    public const int ReadableProcesses = 15;

    public const int MaxProcesses = 60;
    public const int MaxWaits = 240;
    public const int MaxPortsPerProcess = 10;

    public static Story Of(Finding finding, SharedResources shared) => new StoryTeller(finding, shared).Tell();
}

/// <param name="Pid">0 for what stands outside of all that is known.</param>
/// <param name="Name">comm, as it was sent.</param>
/// <param name="Title">The whole command line, for the tooltip.</param>
/// <param name="Presence">Whether it was read at all.</param>
/// <param name="Stuck">It is one of the finding's processes, not merely somebody who waits for them or holds something.</param>
/// <param name="Chip">wchan or wait of the thread that matters; null: none known.</param>
/// <param name="Threads">One per thread, in the order of the thread table.</param>
/// <param name="FoldedPorts">Ports that were left out.</param>
public sealed record StoryProcess(
    int Pid, string Name, string Title, Presence Presence, bool Stuck, bool Culprit, string? Chip, ImmutableArray<ThreadMark> Threads, int FoldedPorts);

public enum Presence
{
    /// <summary>A participant of the finding.</summary>
    Collected,

    /// <summary>Named by an edge, but its tables were not collected.</summary>
    Named,

    /// <summary>Something outside of what is known.</summary>
    Outside,
}

public enum ThreadMark { Waiting, Housekeeping, Running }

/// <param name="Note">What it is for: <c>stdout</c>, <c>self-pipe</c>, <c>no reader seen</c>.</param>
/// <param name="EndMissing">A pipe of which only one end was seen.</param>
public sealed record StoryResource(SharedResource Shared, string Note, bool EndMissing);

/// <param name="Process">Index in <see cref="Story.Processes"/>.</param>
/// <param name="Resource">Index in <see cref="Story.Resources"/>.</param>
/// <param name="Culprit">One of its fds is what must be let go of.</param>
public sealed record StoryPort(int Process, int Resource, bool Reads, bool Writes, ImmutableArray<int> Fds, bool Culprit)
{
    /// <summary><c>fd 0, 3 READ</c></summary>
    public string Label => $"fd {FdList} {End}";

    public string End => (Reads, Writes) switch { (true, true) => "R/W", (true, false) => "READ", (false, true) => "WRITE", _ => "OPEN" };

    private string FdList => Fds.Length <= 4 ? string.Join(", ", Fds) : $"{string.Join(", ", Fds.Take(3))} +{Fds.Length - 3}";
}

/// <param name="From">Index of the waiter in <see cref="Story.Processes"/>.</param>
/// <param name="To">Index of who could end the wait; equal to <paramref name="From"/> for a process that waits for itself.</param>
public sealed record StoryWait(int From, int To, string Label, EdgeBasis Basis);
