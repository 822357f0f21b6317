using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace OrphanBoard.Agent.Stacks;

/// <summary>What a Node process says of itself.</summary>
/// <param name="Stack">Innermost first; empty where its event loop waits.</param>
/// <param name="Handles">Of its diagnostic report, https://nodejs.org/api/report.html: what libuv watches.</param>
/// <param name="Resources">process.getActiveResourcesInfo(), Node 17.3: what keeps the event loop alive, by type.</param>
internal sealed record NodeAnswer(ImmutableArray<NodeFrame>? Stack, ImmutableArray<NodeHandle> Handles, ImmutableArray<string> Resources)
{
    /// <summary>Beyond, one kind of thing tells no more.</summary>
    private const int MaxWaits = 20;

    internal static NodeAnswer Of(JsonElement answer) => new(
        answer.Field("stack") is { ValueKind: JsonValueKind.Array } stack ? [.. stack.Items().Select(NodeFrame.Of)] : null,
        [.. answer.List("handles").Select(NodeHandle.Of)],
        [.. answer.List("resources").Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]);

    /// <summary>Handles that keep the process alive, with what tells them apart, and requests under way (to files and names), which are no handles.</summary>
    internal ImmutableArray<string> WaitsFor() =>
    [
        .. Handles.Where(handle => handle is { Active: true, Referenced: true }).Select(handle => handle.InWords())
            .Concat(Resources.Where(resource => resource.Contains("Req", StringComparison.Ordinal)).Select(resource => $"request {resource}"))
            .Take(MaxWaits),
    ];
}

/// <param name="Function">Null: it has no name.</param>
/// <param name="File">Path or URL; null: it is built in.</param>
internal sealed record NodeFrame(string? Function, string? File, int? Line)
{
    internal static NodeFrame Of(JsonElement frame) => new(frame.Text("function"), frame.Text("file"), frame.Integer("line"));
}

/// <param name="Type">pipe, tcp, process, timer, ...</param>
/// <param name="Pid">Of a child process.</param>
/// <param name="Stdio">stdin, stdout or stderr.</param>
/// <param name="Filename">Of a watched file.</param>
internal sealed record NodeHandle(
    bool Active, bool Referenced, string? Type, int? Fd, int? Pid, string? Stdio, string? Filename, int? FiresInMsFromNow)
{
    internal static NodeHandle Of(JsonElement handle) => new(
        handle.Field("is_active") is { ValueKind: JsonValueKind.True },
        handle.Field("is_referenced") is { ValueKind: JsonValueKind.True },
        handle.Text("type"),
        handle.Integer("fd"),
        handle.Integer("pid"),
        handle.Text("stdio"),
        handle.Text("filename"),
        handle.Integer("firesInMsFromNow"));

    internal string InWords()
    {
        string? detail = (Fd, Pid, Filename, FiresInMsFromNow) switch
        {
            (_, { } pid, _, _) => pid.ToString(CultureInfo.InvariantCulture),
            ({ } fd, _, _, _) => $"fd {fd.ToString(CultureInfo.InvariantCulture)}{(Stdio is null ? "" : $" ({Stdio})")}",
            (_, _, { } file, _) => file,
            (_, _, _, { } milliseconds) => $"in {milliseconds.ToString(CultureInfo.InvariantCulture)} ms",
            _ => null,
        };
        return $"{(Pid is null ? Type : "child process")} {detail}".TrimEnd();
    }
}
