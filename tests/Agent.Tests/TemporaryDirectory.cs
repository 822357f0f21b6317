namespace OrphanBoard.Agent.Tests;

internal sealed class TemporaryDirectory : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("orphan-agent-tests-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
