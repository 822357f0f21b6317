using OrphanBoard.Agent.Looking;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>The back ends that work on this machine with these rights; each is opened by name.</summary>
internal static class BackendsHere
{
    internal static IReadOnlyList<BackendKind> All { get; } = Find();

    internal static HostLooker Open(BackendKind? backend) =>
        new(TimeProvider.System, CommandLineRedaction.WithRandomKey(), new LookerOptions { Backend = backend });

    private static List<BackendKind> Find()
    {
        using HostLooker looker = Open(null);
        return [.. Enum.GetValues<BackendKind>().Where(kind => looker.Backend.NotChosen.All(other => other.Name != BackendProbe.NameOf(kind)))];
    }
}
