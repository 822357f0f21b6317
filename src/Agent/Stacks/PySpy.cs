using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

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
            PySpyThread[] threads = JsonSerializer.Deserialize(text.AsSpan(start, end - start + 1), PySpyJson.Default.PySpyThreadArray) ?? [];
            return
            [
                .. from thread in threads
                   let frames = thread.Frames ?? []
                   where frames.Length > 0
                   select new ThreadStack((int?)thread.OsThreadId, thread.ThreadName ?? target.NameOf((int?)thread.OsThreadId),
                       [.. frames.Select(frame => new StackFrame(frame.Name ?? "?", frame.Filename, frame.Line > 0 ? frame.Line : null))]),
            ];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

internal sealed record PySpyThread(long? OsThreadId, string? ThreadName, PySpyFrame[]? Frames);

internal sealed record PySpyFrame(string? Name, string? Filename, int Line);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PySpyThread[]))]
internal sealed partial class PySpyJson : JsonSerializerContext;
