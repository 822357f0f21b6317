namespace OrphanBoard.Shared.Findings;

/// <summary>JSON of reports and findings: nulls are written where the schema names the field.</summary>
public static class FindingJson
{
    public static SharedJson Default => SharedJson.Default;
}
