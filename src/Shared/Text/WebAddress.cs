namespace OrphanBoard.Shared.Text;

/// <summary>Addresses that come from outside and are to become links.</summary>
public static class WebAddress
{
    /// <summary>The address as one that may be followed: a page of the web, with nobody's name or password in it. Null: it is none, and must stay text.</summary>
    public static Uri? Of(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 ? uri : null;
}
