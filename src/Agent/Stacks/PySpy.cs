using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace OrphanBoard.Agent.Stacks;

/// <summary>py-spy dump: how it is called, and what it writes. It reads the memory of its target and does not stop it.</summary>
internal static class PySpy
{
    internal const string Name = "py-spy";

    internal static IEnumerable<string> Words(int pid) => ["dump", "--nonblocking", "--json", "--pid", pid.ToString(CultureInfo.InvariantCulture)];

    /// <summary>
    /// Source of the form: StackTrace and Frame in py-spy's src/stack_trace.rs. Warnings may stand before and behind the array. Line 0: not known.
    /// <code>[{"pid": 1, "thread_name": "MainThread", "os_thread_id": 1, "frames": [{"name": "run", "filename": "/src/hang.py", "line": 8, ...}], ...}]</code>
    /// </summary>
    internal static ImmutableArray<ThreadStack> Parse(string text, StackTarget target)
    {
        int start = text.IndexOf("[{", StringComparison.Ordinal), end = text.LastIndexOf(']');
        if (start < 0)
            start = text.IndexOf("[\n", StringComparison.Ordinal);
        if (start < 0 || end < start)
            return [];
        try
        {
            using JsonDocument threads = JsonDocument.Parse(text.AsMemory(start, end - start + 1));
            return
            [
                .. from thread in threads.RootElement.EnumerateArray()
                   let frames = thread.List("frames")
                   where frames.Length > 0
                   let tid = thread.Integer("os_thread_id")
                   select new ThreadStack(tid, thread.Text("thread_name") ?? target.NameOf(tid),
                       [.. frames.Select(frame => new StackFrame(frame.Text("name") ?? "?", frame.Text("filename"), frame.Integer("line") is > 0 and var line ? line : null))]),
            ];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [];
        }
    }
}
