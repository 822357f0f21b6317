using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class AlikeWaitsTests
{
    private readonly AlikeWaits _alike = new();

    [Fact]
    public void Of_PoolsOfTwoProcessesOfOneProgram_IsOneWait()
    {
        var scene = new Scene();
        ProcessRecord one = scene.Process(100, "worker").WaitsOnFutex().WaitsOnFutex().Record(), other = scene.Process(200, "worker").WaitsOnFutex().Record();
        Wait first = Of(one, 0);
        Assert.Same(first, Of(one, 1));
        Assert.Same(first, Of(other, 0));
        Assert.Equal(WaitDecoder.Decode(Scene.Host, other, other.Threads[0]), first);
    }

    [Fact]
    public void Of_WordThatIsAThreadOfOneOfThem_IsAJoinThereAlone()
    {
        var scene = new Scene();
        // The word that is waited on names a thread of the second process: what clear_child_tid of pthread_join(3) holds.
        ProcessRecord stranger = scene.Process(100, "worker").Thread(100, 202, "futex_do_wait", 0x7000, 9, 201, 0).Record();
        ProcessRecord joiner = scene.Process(200, "worker").Thread(200, 202, "futex_do_wait", 0x7000, 9, 201, 0).WaitsOnFutex().Record();
        Assert.Null(Of(stranger, 0).Futex!.JoinsTid);
        Assert.Equal(201, Of(joiner, 0).Futex!.JoinsTid);
        Assert.Null(Of(stranger, 0).Futex!.JoinsTid);
    }

    [Fact]
    public void Of_OtherValueOfTheSameWord_IsAnotherWait()
    {
        var scene = new Scene();
        ProcessRecord process = scene.Process(100, "worker").Thread(100, 202, "futex_do_wait", 0x7000, 0x89, 1, 0).Thread(101, 202, "futex_do_wait", 0x7000, 0x89, 2, 0).Record();
        Assert.Equal((1u, 2u), (Of(process, 0).Futex!.ExpectedValue, Of(process, 1).Futex!.ExpectedValue));
    }

    private Wait Of(ProcessRecord process, int thread) => _alike.Of(Scene.Host, process, process.Threads[thread]);
}
