using OrphanBoard.Server.History;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Words;

/// <summary>How classes, marks and states look: colour class, icon and word. Colour never stands alone.</summary>
public readonly record struct Verdict(string Css, string Icon, string Word)
{
    public static Verdict Of(FindingClass of) => of switch
    {
        FindingClass.Deadlock => new("hung", "octagon-alert", "deadlock"),
        FindingClass.Stall => new("hung", "hourglass", "stall"),
        FindingClass.Orphan => new("orphan", "unlink", "orphan"),
        FindingClass.Zombie => new("calm", "skull", "zombie"),
        FindingClass.Stopped => new("calm", "circle-pause", "stopped"),
        _ => new("watch", "triangle-alert", "hazard"),
    };

    /// <returns>Null for a process there is nothing to say of.</returns>
    public static Verdict? Of(ProcessMark mark) => mark switch
    {
        ProcessMark.Stuck => new("hung", "octagon-alert", "stuck"),
        ProcessMark.Stalled => new("hung", "hourglass", "stalled"),
        ProcessMark.Orphan => new("orphan", "unlink", "orphan"),
        ProcessMark.Zombie => new("calm", "skull", "zombie"),
        ProcessMark.Stopped => new("calm", "circle-pause", "stopped"),
        ProcessMark.Waiter => new("watch", "clock", "waits for it"),
        ProcessMark.Hazard => new("watch", "triangle-alert", "hazard"),
        _ => null,
    };

    public static Verdict Of(FingerprintState state) => state switch
    {
        FingerprintState.New => new("hung", "octagon-alert", "new"),
        FingerprintState.Regressed => new("hung", "octagon-alert", "regressed"),
        FingerprintState.Escalating => new("orphan", "triangle-alert", "escalating"),
        FingerprintState.Ongoing => new("watch", "clock", "ongoing"),
        FingerprintState.Resolved => new("well", "circle-check", "resolved"),
        _ => new("calm", "circle-check", "archived"),
    };

    public static string Confidence(Confidence confidence) => confidence switch
    {
        Shared.Findings.Confidence.Proven => "proven",
        Shared.Findings.Confidence.Likely => "likely",
        _ => "suspected",
    };

    /// <summary><c>hung 47 min</c>: what has lasted so long.</summary>
    public static string Lasting(FindingClass of, TimeSpan span) => of switch
    {
        FindingClass.Deadlock or FindingClass.Stall => $"hung {Times.Span(span)}",
        FindingClass.Orphan => $"orphaned {Times.Span(span)}",
        FindingClass.Zombie => $"unreaped {Times.Span(span)}",
        FindingClass.Stopped => $"stopped {Times.Span(span)}",
        _ => $"there for {Times.Span(span)}",
    };

    public static string EndReason(string? reason) => reason switch
    {
        "exited" => "its processes have ended",
        "moved" => "its processes went on",
        "changed" => "it has been told as another finding since",
        "unseen" => "it was gone when somebody looked again",
        "reboot" => "the host was started anew",
        "ended-by-guard" => "guard has ended its processes",
        null => "it is over",
        _ => VisibleText.Of(reason),
    };
}
