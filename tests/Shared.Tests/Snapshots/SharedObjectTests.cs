using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Snapshots;

public sealed class SharedObjectTests
{
    [Theory]
    [InlineData("/dev/zero (deleted)", false, "anonymous memory that processes share")]
    [InlineData("/SYSV0000002a (deleted)", true, "System V segment 5")]
    [InlineData("/memfd:ring buffer (deleted)", false, "the shared memory memfd:ring buffer")]
    [InlineData("/dev/shm/queue", true, "the shared memory /dev/shm/queue")]
    [InlineData("/dev/shm/queue (deleted)", false, "the shared memory that was /dev/shm/queue, which is unlinked")]
    [InlineData("/dev/shm/sem.x7Yz1p (deleted)", true, "the POSIX semaphore (sem_overview(7); those of Python's multiprocessing are such) that was /dev/shm/sem.x7Yz1p, and has another name now")]
    [InlineData("/dev/shm/sem.x", true, "the POSIX semaphore /dev/shm/sem.x")]
    public void Words_OfEachKindOfMemory_SayWhichItIs(string name, bool linked, string words) =>
        Assert.Equal(words, new SharedObject(1, 5, name, linked, [], []).Words);
}
