using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Tests.Text;

public sealed class ProgramNameTests
{
    [Theory]
    [InlineData("contract-tests-", "/opt/bin/contract-tests-of-today", "contract-tests-of-today")]
    [InlineData("contract-tests-", "python3", "contract-tests-")]
    [InlineData("sh", "/bin/shell", "sh")]
    public void Of_CommAndFirstArgument_GoesOnWhereTheKernelCutIt(string comm, string first, string name) => Assert.Equal(name, ProgramName.Of(comm, [first]));

    [Fact]
    public void Of_NoArguments_IsComm() => Assert.Equal("contract-tests-", ProgramName.Of("contract-tests-", null));
}
