using System.Text.Json;
using OrphanBoard.Server.History;

namespace OrphanBoard.Server.Alerts;

/// <summary>The body of a message in each form. The link always stays; sentences are cut and dropped from the end until it fits.</summary>
public static class WebhookBody
{
    /// <summary>Of a body, UTF-8.</summary>
    private const int MaxBytes = 20_000;
    private const int MaxSentence = 500;
    private const int MaxSentences = 20;
    private const int MaxArguments = 20;
    private const int MaxArgument = 100;

    /// <param name="board">Base of the link; ends with a slash.</param>
    public static byte[] Of(WebhookKind kind, PendingMessage message, Uri board)
    {
        AnnouncedHang hang = message.Hang with
        {
            HostName = TextLimit.Cut(message.Hang.HostName, MaxSentence),
            Title = TextLimit.Cut(message.Hang.Title, MaxSentence),
            Summary = TextLimit.Cut(message.Hang.Summary, MaxSentence),
            Remedy = message.Hang.Remedy is { } remedy ? TextLimit.Cut(remedy, MaxSentence) : null,
            Guard = message.Hang.Guard is { } run ? Short(run) : null,
            Explanation = [.. message.Hang.Explanation.Take(MaxSentences).Select(s => TextLimit.Cut(s, MaxSentence))],
        };
        var link = new Uri(board, $"findings/{hang.EpisodeId}");
        while (true)
        {
            byte[] body = kind == WebhookKind.Slack ? SlackMessage.Of(hang, link) : Generic(hang, message, link);
            if (body.Length <= MaxBytes || hang.Explanation.IsEmpty)
                return body;
            hang = hang with { Explanation = hang.Explanation[..(hang.Explanation.Length / 2)] };
        }
    }

    private static GuardedRun Short(GuardedRun run) => run with { Command = [.. run.Command.Take(MaxArguments).Select(a => TextLimit.Cut(a, MaxArgument))] };

    private static byte[] Generic(AnnouncedHang hang, PendingMessage message, Uri link) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            Type = $"hang.{message.Transition}",
            Timestamp = message.CreatedAt,
            Data = new
            {
                hang.EpisodeId, hang.HostId, hang.HostName, hang.Class, hang.Confidence, hang.Rule, hang.Fingerprint,
                hang.Title, hang.Summary, hang.Explanation, hang.Remedy, hang.FirstSeen, Url = link.AbsoluteUri, hang.Guard,
            },
        },
        HistoryJson.Options);
}

internal static class TextLimit
{
    /// <summary>At most so many UTF-16 units, an ellipsis among them, and no half of a surrogate pair.</summary>
    public static string Cut(string text, int max)
    {
        if (text.Length <= max)
            return text;
        int end = max - 1;
        return text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)] + "…";
    }
}
