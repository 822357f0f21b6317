namespace OrphanBoard.Bench;

/// <summary>Where the built programs lie, below <c>artifacts/</c>.</summary>
internal sealed class Places(string artifacts)
{
    private readonly string _artifacts = Path.GetFullPath(artifacts);

    internal string Agent => Path.Combine(_artifacts, "orphan-agent");

    /// <summary>What the publish of <see cref="Agent"/> said.</summary>
    internal string AgentPublishLog => Path.Combine(_artifacts, "orphan-agent.publish.log");

    internal string Server => Path.Combine(_artifacts, "server/orphanboard-server.dll");

    internal string Load => Path.Combine(_artifacts, "bench/load");

    internal string Keeper => Path.Combine(_artifacts, "bench/zoo-keeper");
}
