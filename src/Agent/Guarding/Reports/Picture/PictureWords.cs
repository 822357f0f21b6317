using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Guarding.Reports.Picture;

/// <summary>Waits and objects in as few words as a picture has room for.</summary>
internal static class PictureWords
{
    /// <param name="what">Letter or name of the object; empty for none.</param>
    /// <param name="untilEof">The reader waits for the end of the data, not for more of it.</param>
    public static string Wait(WaitEdge edge, string what, bool untilEof)
    {
        if (edge.Basis == EdgeBasis.Kinship)
            return "is its parent, and stands still as well";
        string of = what.Length == 0 ? "" : $" {what}";
        string words = Parse(edge.Kind) switch
        {
            WaitKind.PipeRead or WaitKind.SocketRead => untilEof ? $"reads{of} to its end" : what.Length == 0 ? "reads" : $"reads{of}",
            WaitKind.PipeWrite or WaitKind.SocketWrite => $"writes{of}, which is full",
            WaitKind.Poll => $"polls{of}",
            null when edge.Kind == "EventFdWrite" => $"waits for room in eventfd{of}",
            WaitKind.EventFd => $"waits on eventfd{of}",
            WaitKind.ChildWait => "waits for exit",
            WaitKind.Vfork => "waits for exec or exit",
            WaitKind.Futex => edge.Resource.StartsWith("futex:", StringComparison.Ordinal) ? $"waits on {edge.Resource}" : $"waits on a futex{of}",
            WaitKind.FileLock => $"waits for the lock on {(what.Length == 0 ? Name(edge.Resource) : what)}",
            WaitKind.FifoOpen => $"opens {(what.Length == 0 ? Name(edge.Resource) : what)}",
            _ => $"waits on {(what.Length == 0 ? Name(edge.Resource) : what)}",
        };
        return edge.Basis == EdgeBasis.Assumed ? $"{words} (assumed)" : words;
    }

    /// <summary>Whether who could end such a wait has another end of it open, or what it is the lock of.</summary>
    public static bool IsPair(string kind) => Parse(kind) is WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.FileLock;

    /// <summary><c>pipe 4711</c></summary>
    public static string Name(string target) => FdTarget.Parse(target) switch
    {
        { Kind: FdKind.Pipe, Id: not 0 and var inode } => $"pipe {inode}",
        { Kind: FdKind.Socket, Id: not 0 and var inode } => $"socket {inode}",
        _ => target,
    };

    /// <summary><c>3 threads in futex_do_wait</c>; service threads of a runtime are counted apart.</summary>
    public static string Threads(Participant process)
    {
        if (process.State == "Z")
            return "zombie";
        var places = process.Threads.Where(thread => !thread.Housekeeping).GroupBy(thread => thread.Wchan ?? thread.Wait).OrderByDescending(same => same.Count()).ToList();
        if (places.Count == 0)
            return "";
        string text = $"{Shown.Count(places[0].Count(), "thread", "threads")} in {places[0].Key}";
        foreach (var same in places.Skip(1).Take(1))
            text += $", {same.Count()} in {same.Key}";
        if (places.Count > 2)
            text += $", {places.Skip(2).Sum(same => same.Count())} elsewhere";
        int service = process.Threads.Count(thread => thread.Housekeeping);
        return service == 0 ? text : $"{text}, {service} of its runtime";
    }

    private static WaitKind? Parse(string kind) =>
        Enum.TryParse(kind.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out WaitKind parsed) && Enum.IsDefined(parsed) ? parsed : null;
}
