namespace OrphanBoard.Shared.Fingerprints;

/// <summary>What kind of thing a link's text or a resource names, without the number or the path that tells it from its like.</summary>
internal static class ObjectWord
{
    /// <summary><c>pipe:[86256]</c> -> <c>pipe</c>, <c>anon_inode:[eventfd]</c> -> <c>eventfd</c>, <c>flock:fe:00:7</c> -> <c>flock</c>, <c>/tmp/x</c> -> <c>file</c>.</summary>
    public static string Of(string text)
    {
        if (text.StartsWith("/dev/pts/", StringComparison.Ordinal) || text is "/dev/ptmx" or "/dev/tty" || text.StartsWith("pts/", StringComparison.Ordinal))
            return "tty";
        if (text.StartsWith('/'))
            return "file";
        if (text.StartsWith("anon_inode:", StringComparison.Ordinal))
            return text["anon_inode:".Length..].Trim('[', ']');
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && text.AsSpan(0, colon).IndexOfAnyExceptInRange('a', 'z') < 0 ? text[..colon] : "thing";
    }

    /// <summary>Whether the text tells this object from others of its kind. An eventfd of which fdinfo was not read is like any other.</summary>
    public static bool CanBeTold(string text) => !text.StartsWith("anon_inode:", StringComparison.Ordinal) && text != "?";

    /// <summary>Objects without a name in the file system. What a file with a name is to a process its table does not say: a log, as a rule.</summary>
    public static bool IsAnonymous(string text) => CanBeTold(text) && !text.StartsWith('/');
}
