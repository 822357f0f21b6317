using System.Collections.Immutable;
using OrphanBoard.Server.Alerts;

namespace OrphanBoard.Server.Settings;

/// <summary>All settings of one start, checked. Described for users in docs/configuration.md.</summary>
public sealed record ServerSettings
{
    public const int DefaultPort = 5170;

    /// <summary>Absolute path of the data directory.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>TCP port on 127.0.0.1; 0: any free one.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>How others reach the board: base of the links in messages. Null: <c>http://127.0.0.1:PORT</c>.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Whether <c>/metrics</c> answers without a token.</summary>
    public bool AnonymousMetrics { get; init; }

    public AddressAllowList WebhookAllowList { get; init; } = AddressAllowList.Empty;
    public ImmutableArray<WebhookEndpoint> Webhooks { get; init; } = [];

    /// <summary>Print the <c>Board:</c> line to stderr, not to stdout: it was printed before a supervised restart.</summary>
    public bool QuietLogin { get; init; }

    /// <summary>End with the process that started this one. Null: no; 0: whoever the parent is at the start.</summary>
    public int? ExitWithParent { get; init; }
}
