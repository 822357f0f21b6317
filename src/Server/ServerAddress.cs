namespace OrphanBoard.Server;

/// <summary>Where this server is reached; known once it listens.</summary>
public sealed class ServerAddress(Uri? publicUrl)
{
    private readonly TaskCompletionSource<Uri> _local = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary><c>http://127.0.0.1:PORT/</c>, as soon as the server listens.</summary>
    public Task<Uri> Local => _local.Task;

    /// <summary>What links in messages begin with; ends with a slash.</summary>
    public async Task<Uri> Public()
    {
        if (publicUrl is null)
            return await Local;
        return publicUrl.AbsoluteUri.EndsWith('/') ? publicUrl : new Uri(publicUrl.AbsoluteUri + "/");
    }

    internal void ListensAt(int port) => _local.SetResult(new Uri($"http://127.0.0.1:{port}/"));
}
