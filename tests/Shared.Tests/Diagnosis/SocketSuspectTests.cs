using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Who is suspected of a wait on a socket, look after look.</summary>
public sealed class SocketSuspectTests
{
    [Theory]
    [InlineData(SocketState.Listening, null, false)]
    [InlineData(SocketState.Established, null, false)]
    [InlineData(SocketState.Established, 501UL, true)]
    public void Advance_TablesReadOnce_WhoListensOrSpeaksWithARemotePartyIsNoSuspectAgain(SocketState state, ulong? peer, bool suspect)
    {
        var scene = new Scene { Sockets = [Scene.Connected(500, peer) with { State = state }, Scene.Connected(501, 500)] };
        scene.Process(10, "service").Socket(3, 500).Polls(3);
        scene.Process(11, "other").Socket(3, 501).Polls(3);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        diagnosis.Advance(scene.Look(1000));
        scene.Sockets = null;
        foreach (int second in Enumerable.Range(1001, 100))
            diagnosis.Advance(scene.Look(second));

        Assert.Equal(suspect, diagnosis.Suspects.Contains(10));
    }

    [Fact]
    public void Advance_SocketOfNoTable_IsBelievedForAMinute()
    {
        var scene = new Scene { Sockets = [] };
        scene.Process(10, "service").Socket(3, 500).Polls(3);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        diagnosis.Advance(scene.Look(1000));
        Assert.DoesNotContain(10, diagnosis.Suspects);
        scene.Sockets = null;
        diagnosis.Advance(Same(scene.Look(1030)));
        Assert.DoesNotContain(10, diagnosis.Suspects);

        Snapshot still = scene.Look(1061);
        diagnosis.Advance(still);
        diagnosis.Advance(still with { Uptime = TimeSpan.FromSeconds(1062) });
        Assert.Contains(10, diagnosis.Suspects);

        static Snapshot Same(Snapshot look) => look;
    }

    [Fact]
    public void Advance_LetGoOf_IsForgotten()
    {
        var scene = new Scene { Sockets = [Scene.Connected(500, null) with { State = SocketState.Listening }] };
        scene.Process(10, "service").Socket(3, 500).Polls(3);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        diagnosis.Advance(scene.Look(1000));
        scene.Sockets = null;
        scene[10].Socket(3, 700);
        diagnosis.Advance(scene.Look(1001));
        scene[10].Socket(3, 500);

        Snapshot again = scene.Look(1002);
        diagnosis.Advance(again);
        diagnosis.Advance(again with { Uptime = TimeSpan.FromSeconds(1003) });

        Assert.Contains(10, diagnosis.Suspects);
    }

    [Fact]
    public void Suspects_SocketOfOneWhoComesAndGoes_WaitUntilItStandsStill()
    {
        var scene = new Scene();
        scene.Process(10, "service").Socket(3, 500).Polls(3);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        diagnosis.Advance(scene.Look(1000));
        Assert.Contains(10, diagnosis.Suspects);

        scene[10].Ran();
        Snapshot look = scene.Look(1001);
        diagnosis.Advance(look);
        Assert.DoesNotContain(10, diagnosis.Suspects);

        diagnosis.Advance(look with { Uptime = TimeSpan.FromSeconds(1002) });
        Assert.Contains(10, diagnosis.Suspects);
    }
}
