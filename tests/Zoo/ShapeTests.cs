using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>Same bug, same shape; another bug, another shape: on real processes.</summary>
public sealed class ShapeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shape_SecondStart_IsTheSameUnderAnotherId()
    {
        Finding first = await FindingOfAsync(ZooTable.FoundingEof);
        Finding second = await FindingOfAsync(ZooTable.FoundingEof);

        Assert.NotEqual(first.Id, second.Id);
        Assert.NotEqual(first.Pids, second.Pids);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
    }

    [Fact]
    public async Task Id_SecondScan_IsTheSame()
    {
        await using Keeper keeper = await Keeper.StartAsync(ZooTable.FoundingEof, Cancellation);

        Finding first = await FindingOfAsync(keeper);
        Finding second = await FindingOfAsync(keeper);

        Assert.Equal(first.Id, second.Id);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
        Assert.True(second.WaitedSeconds >= first.WaitedSeconds);
    }

    [Fact]
    public async Task Shape_OtherFdNumbers_IsTheSame()
    {
        Finding recorded = await FindingOfAsync(ZooTable.FoundingEof);
        Finding shifted = await FindingOfAsync(ZooTable.FoundingOtherFds);

        Assert.Equal(recorded.Fingerprint.Shape, shifted.Fingerprint.Shape);
    }

    [Fact]
    public async Task Shape_EofFormAndAsSeen_AreDifferent()
    {
        Finding eof = await FindingOfAsync(ZooTable.FoundingEof);
        Finding seen = await FindingOfAsync(ZooTable.FoundingSeen);

        Assert.NotEqual(eof.Fingerprint.Shape, seen.Fingerprint.Shape);
    }

    [Fact]
    public async Task Rule_RenamedPrograms_IsTheSameInTheSameFamily()
    {
        string folder = Directory.CreateTempSubdirectory("zoo-renamed-").FullName;
        try
        {
            Finding recorded = await FindingOfAsync(ZooTable.FoundingEof);
            Finding renamed = await FindingOfAsync(new Specimen("renamed", Copy("runner", "alpha"))
            {
                Environment = new Dictionary<string, string>
                {
                    ["ZOO_TESTS"] = Copy("contract-tests", "beta"),
                    ["ZOO_CHILD"] = Copy("served-child", "gamma"),
                },
            });

            Assert.Equal(recorded.Rule, renamed.Rule);
            Assert.Equal(recorded.Confidence, renamed.Confidence);
            Assert.Equal(recorded.Fingerprint.Family, renamed.Fingerprint.Family);
            Assert.NotEqual(recorded.Fingerprint.Shape, renamed.Fingerprint.Shape);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string Copy(string program, string name)
        {
            string copy = Path.Combine(folder, name);
            File.Copy(Places.Program(program), copy);
            return copy;
        }
    }

    [Fact]
    public void Twin_OfEachHealthyLookAlike_HasItsCommandLine()
    {
        foreach (Specimen healthy in ZooTable.Healthy.Where(specimen => specimen.TwinOf is not null))
            Assert.Equal(ZooTable.ByName(healthy.TwinOf!).Command, healthy.Command);
    }

    private static async Task<Finding> FindingOfAsync(Specimen specimen)
    {
        await using Keeper keeper = await Keeper.StartAsync(specimen, Cancellation);
        return await FindingOfAsync(keeper);
    }

    private static async Task<Finding> FindingOfAsync(Keeper keeper) =>
        Assert.Single(await Agent.ScanUntilAsync(keeper.Pid, findings => findings.Any(finding => finding.Class is FindingClass.Deadlock or FindingClass.Stall), Cancellation));
}
