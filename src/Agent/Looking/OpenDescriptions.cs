using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Tells duplicates of one open file description from independent opens of one file, among suspects: kcmp(2), KCMP_FILE.</summary>
internal static class OpenDescriptions
{
    /// <summary>Descriptors that are told apart in one look; a look with more claims nothing of those beyond.</summary>
    private const int MaxDescriptors = 20_000;

    private readonly record struct Place(int Process, int Fd);

    /// <summary>Which descriptors can be duplicates of each other at all. Objects without an identity in /proc (epoll, timerfd) are all compared.</summary>
    private readonly record struct Alike(FdKind Kind, ulong Id, uint Device);

    /// <summary>Fills in <see cref="FileDescriptor.Description"/> of the suspects.</summary>
    internal static void Mark(ProcessRecord[] processes, IReadOnlySet<int> suspects)
    {
        if (suspects.Count == 0)
            return;
        ForgetOthers(processes, suspects);
        var numbers = new Dictionary<Place, ulong>();
        ulong last = 0;
        foreach (var alike in Candidates(processes, suspects).Take(MaxDescriptors).GroupBy(candidate => candidate.Alike, candidate => candidate.Place))
        {
            Place[] places = [.. alike];
            // One alone is no duplicate of another: nothing to ask.
            List<List<Place>> descriptions = places.Length == 1 ? [[places[0]]] : KernelOrder.Group(places, (one, other) => Compare(processes, one, other));
            foreach (List<Place> description in descriptions)
            {
                last++;
                foreach (Place place in description)
                    numbers[place] = last;
            }
        }
        foreach (var ofProcess in numbers.GroupBy(number => number.Key.Process))
        {
            ImmutableArray<FileDescriptor>.Builder fds = processes[ofProcess.Key].Fds.ToBuilder();
            foreach ((Place place, ulong number) in ofProcess)
                fds[place.Fd] = fds[place.Fd] with { Description = number };
            processes[ofProcess.Key] = processes[ofProcess.Key] with { Fds = fds.ToImmutable() };
        }
    }

    /// <summary>Who cannot be asked (in vfork, say) is not known: what a back end said of it are numbers of another series, equal to nothing here.</summary>
    private static void ForgetOthers(ProcessRecord[] processes, IReadOnlySet<int> suspects)
    {
        for (int i = 0; i < processes.Length; i++)
        {
            if (suspects.Contains(processes[i].Pid) && !Sharers.Sleeps(processes[i]) && processes[i].Fds.Any(fd => fd.Description is not null))
                processes[i] = processes[i] with { Fds = [.. processes[i].Fds.Select(fd => fd.Description is null ? fd : fd with { Description = null })] };
        }
    }

    private static IEnumerable<(Alike Alike, Place Place)> Candidates(ProcessRecord[] processes, IReadOnlySet<int> suspects)
    {
        for (int i = 0; i < processes.Length; i++)
        {
            // kcmp(2) waits for an execve to end: who sleeps in another call is in none.
            if (!suspects.Contains(processes[i].Pid) || !Sharers.Sleeps(processes[i]))
                continue;
            for (int j = 0; j < processes[i].Fds.Length; j++)
            {
                if (AlikeOf(processes[i].Fds[j]) is { } alike)
                    yield return (alike, new Place(i, j));
            }
        }
    }

    private static Alike? AlikeOf(FileDescriptor fd) => fd.Target.Kind switch
    {
        FdKind.Pipe or FdKind.Socket or FdKind.EventFd or FdKind.PosixQueue when fd.Target.Id != 0 => new Alike(fd.Target.Kind, fd.Target.Id, 0),
        FdKind.Epoll or FdKind.TimerFd or FdKind.SignalFd or FdKind.Inotify or FdKind.IoUring => new Alike(fd.Target.Kind, 0, 0),
        // Everybody has /dev/null open, and nobody waits for it.
        FdKind.Path when fd.Target.Text is not ("/dev/null" or "/dev/zero" or "/dev/random" or "/dev/urandom") && fd is { Inode: { } inode, Device: { } device } =>
            new Alike(FdKind.Path, inode, device),
        _ => null,
    };

    private static int? Compare(ProcessRecord[] processes, Place one, Place other) => Kcmp.Descriptions(
        processes[one.Process].Threads[0].Tid, processes[one.Process].Fds[one.Fd].Number,
        processes[other.Process].Threads[0].Tid, processes[other.Process].Fds[other.Fd].Number);
}
