using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Tells duplicates of one open file description from independent opens of one file, among suspects: kcmp(2), KCMP_FILE.</summary>
internal static class OpenDescriptions
{
    /// <summary>Descriptors that are told apart in one look; a look with more claims nothing of those beyond.</summary>
    private const int MaxDescriptors = 20_000;

    private readonly record struct Place(int Process, int Fd) : IComparable<Place>
    {
        public int CompareTo(Place other) => Process != other.Process ? Process.CompareTo(other.Process) : Fd.CompareTo(other.Fd);
    }

    /// <summary>Which descriptors can be duplicates of each other at all. Objects without an identity in /proc (epoll, timerfd) are all compared.</summary>
    private readonly record struct Alike(FdKind Kind, ulong Id, uint Device) : IComparable<Alike>
    {
        public int CompareTo(Alike other) =>
            Id != other.Id ? Id.CompareTo(other.Id) : Kind != other.Kind ? ((int)Kind).CompareTo((int)other.Kind) : Device.CompareTo(other.Device);
    }

    /// <summary>Fills in <see cref="FileDescriptor.Description"/> of the suspects.</summary>
    /// <param name="named">The back end has named them already, of whom it could.</param>
    internal static void Mark(ProcessRecord[] processes, IReadOnlySet<int> suspects, bool named)
    {
        if (suspects.Count == 0)
            return;
        ForgetOthers(processes, suspects);
        List<(Alike Alike, Place Place)> candidates = [.. Candidates(processes, suspects).Take(MaxDescriptors)];
        candidates.Sort();
        var numbers = new List<(Place Place, ulong Number)>(candidates.Count);
        ulong last = 0;
        for (int first = 0, end; first < candidates.Count; first = end)
        {
            end = first + 1;
            while (end < candidates.Count && candidates[end].Alike == candidates[first].Alike)
                end++;
            if (end - first == 1)
            {
                // One alone is no duplicate of another: nothing to ask.
                numbers.Add((candidates[first].Place, ++last));
                continue;
            }
            List<Place> places = candidates[first..end].ConvertAll(alike => alike.Place);
            bool known = named && places.TrueForAll(place => NameOf(processes, place) is not null);
            foreach (List<Place> description in KernelOrder.Group(
                places, (one, other) => known ? NameOf(processes, one)!.Value.CompareTo(NameOf(processes, other)!.Value) : Compare(processes, one, other)))
            {
                last++;
                foreach (Place place in description)
                    numbers.Add((place, last));
            }
        }
        numbers.Sort();
        for (int next = 0; next < numbers.Count;)
        {
            int process = numbers[next].Place.Process;
            FileDescriptor[] fds = [.. processes[process].Fds];
            for (; next < numbers.Count && numbers[next].Place.Process == process; next++)
                fds[numbers[next].Place.Fd] = fds[numbers[next].Place.Fd] with { Description = numbers[next].Number };
            processes[process] = processes[process] with { Fds = ImmutableCollectionsMarshal.AsImmutableArray(fds) };
        }
    }

    /// <summary>Who cannot be asked is not known: what a back end said of it are numbers of another series, equal to nothing here.</summary>
    private static void ForgetOthers(ProcessRecord[] processes, IReadOnlySet<int> suspects)
    {
        for (int i = 0; i < processes.Length; i++)
        {
            if (suspects.Contains(processes[i].Pid) && !Sharers.Sleeps(processes[i]))
                processes[i] = Forget(processes[i]);
        }
    }

    /// <summary>The record without them.</summary>
    internal static ProcessRecord Forget(ProcessRecord process) => process.Fds.Any(fd => fd.Description is not null)
        ? process with { Fds = [.. process.Fds.Select(fd => fd.Description is null ? fd : fd with { Description = null })] }
        : process;

    private static ulong? NameOf(ProcessRecord[] processes, Place place) => processes[place.Process].Fds[place.Fd].Description;

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
        FdKind.Path when fd.Target.Text is not ("/dev/null" or "/dev/zero" or "/dev/random" or "/dev/urandom") && fd is { Inode: { } inode } =>
            new Alike(FdKind.Path, inode, fd.Device ?? 0),
        _ => null,
    };

    private static int? Compare(ProcessRecord[] processes, Place one, Place other) => Kcmp.Descriptions(
        processes[one.Process].Threads[0].Tid, processes[one.Process].Fds[one.Fd].Number,
        processes[other.Process].Threads[0].Tid, processes[other.Process].Fds[other.Fd].Number);
}
