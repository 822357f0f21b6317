using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>A real program and what must be said of it.</summary>
/// <param name="Name">As the tests call it.</param>
/// <param name="Command">Program and arguments.</param>
internal sealed record Specimen(string Name, params string[] Command)
{
    /// <summary>Program that must be installed for it to run, if it is not one that every developer's machine has.</summary>
    public string? Needs { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Null: nothing at all may be said of it.</summary>
    public Expected? Expected { get; init; }

    /// <summary>For a healthy look-alike: the hang whose command line it shares, so that only what it does tells them apart.</summary>
    public string? TwinOf { get; init; }

    /// <summary>It leads its session or makes files as root, so that it runs only as it stands in the table.</summary>
    public bool StandsAlone { get; init; }

    public override string ToString() => Name;
}

/// <summary>The one finding of a specimen.</summary>
internal sealed record Expected(FindingClass Class, Confidence Confidence, string Rule)
{
    /// <summary>Weaker than <see cref="Confidence"/>, and still right; the same as it by default.</summary>
    public Confidence AtLeast { get; init; } = Confidence;

    /// <summary>The roles that the finding's pids are, all of them.</summary>
    public required string[] Pids { get; init; }

    /// <summary>Roles told of beyond <see cref="Pids"/>.</summary>
    public string[] Others { get; init; } = [];

    public Letting? Culprit { get; init; }

    /// <summary>Specimens of one group are the same bug: one shape. Others have other shapes. By default each is a group of its own.</summary>
    public string? Group { get; init; }

    /// <summary>Its pids are so many unannounced processes more.</summary>
    public int Unannounced { get; init; }
}

/// <summary>Who must let go of what.</summary>
/// <param name="Role">The holder.</param>
/// <param name="Fds">The first culprit's fd is one of these; empty: it is no fd.</param>
internal sealed record Letting(string Role, params int[] Fds);
