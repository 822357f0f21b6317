using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>The founding case in its forms.</summary>
internal static partial class ZooTable
{
    private static readonly string[] FoundingRoles = ["runner", "contract-tests", "served-child"];

    public static readonly Specimen FoundingEof = new("founding-eof", Program("runner"))
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-duplicate") { Pids = FoundingRoles, Culprit = new("served-child", 4) },
    };

    public static readonly Specimen FoundingSeen = Founding("founding-seen", form: "seen") with
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "stdio-duplicate-stuck") { Pids = FoundingRoles, Culprit = new("served-child", 3, 4, 5) },
    };

    public static readonly Specimen FoundingOtherFds = Founding("founding-eof-other-fds", ("ZOO_FD_SHIFT", "37")) with
    {
        Expected = FoundingEof.Expected! with { Culprit = new("served-child", 41), Group = "founding-eof" },
    };

    public static readonly Specimen FoundingPython = new("founding-eof-python", "python3", Script("founding_eof.py"))
    {
        Needs = "python3",
        Expected = FoundingEof.Expected! with { AtLeast = Confidence.Likely, Culprit = new("served-child") { Fds = Enumerable.Range(3, 20).ToArray() } },
    };

    private static readonly Specimen[] FoundingHangs = [FoundingEof, FoundingSeen, FoundingOtherFds, FoundingPython];

    private static readonly Specimen[] FoundingLeftovers =
    [
        Founding("founding-still-at-work", form: "working") with
        {
            Expected = new(FindingClass.Hazard, Confidence.Proven, "stdio-duplicate") { AtLeast = Confidence.Suspected, Pids = ["served-child"] },
        },
    ];

    public static Specimen Founding(string name, params (string Name, string Value)[] environment) => new(name, Program("runner"))
    {
        Environment = environment.ToDictionary(entry => entry.Name, entry => entry.Value),
    };

    public static Specimen Founding(string name, string form) => Founding(name, ("ZOO_FORM", form));
}
