using System.Collections.Immutable;
using System.Text;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/environ, proc_pid_environ(5): the environment at the exec. It is full of secrets: nothing but the allow-list is made into a string.</summary>
internal static class EnvironFile
{
    private static readonly ImmutableArray<(string Key, byte[] Prefix)> Prefixes = [.. JobCookie.Keys.Select(key => (key, Encoding.ASCII.GetBytes(key + "=")))];

    // PATH=/usr/bin\0BUILD_ID=4711\0SECRET=...\0            a NUL after each; a process may write anything over it
    /// <summary>The first variable of each key of <see cref="JobCookie.Keys"/>, in their order.</summary>
    internal static ImmutableArray<JobCookie> Parse(ReadOnlySpan<byte> text)
    {
        string?[]? values = null;
        foreach (Range range in text.Split((byte)0))
        {
            ReadOnlySpan<byte> variable = text[range];
            for (int i = 0; i < Prefixes.Length; i++)
            {
                if (variable.StartsWith(Prefixes[i].Prefix))
                    (values ??= new string?[Prefixes.Length])[i] ??= Value(variable[Prefixes[i].Prefix.Length..]);
            }
        }
        return values is null ? [] : [.. values.Select((value, i) => new JobCookie(Prefixes[i].Key, value!)).Where(cookie => cookie.Value is not null)];
    }

    private static string Value(ReadOnlySpan<byte> bytes)
    {
        // A character takes at most four bytes, so that this many bytes are enough.
        string value = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, JobCookie.MaxValueLength * 4)]);
        return value.Length <= JobCookie.MaxValueLength ? value : value[..JobCookie.MaxValueLength];
    }
}
