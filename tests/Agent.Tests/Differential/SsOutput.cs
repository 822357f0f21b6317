using System.Globalization;
using System.Text.RegularExpressions;
using OrphanBoard.Agent.Tests.Commands;

namespace OrphanBoard.Agent.Tests.Differential;

/// <summary>One holder of a unix socket as ss(8) tells it.</summary>
internal readonly record struct SsSocket(int Pid, int Fd, ulong Inode, ulong PeerInode);

internal static partial class SsOutput
{
    internal static async Task<IReadOnlySet<SsSocket>> UnixSocketsOfAsync(IReadOnlySet<int> pids)
    {
        Ran ran = await AgentProgram.RunProgramAsync("ss", [], ["-xpaH"]);
        Assert.True(ran.Exit == 0, ran.Error);
        HashSet<SsSocket> sockets = [];
        foreach (Match socket in Socket().Matches(ran.Text))
        {
            foreach (Match user in User().Matches(socket.Groups[3].Value))
            {
                int pid = int.Parse(user.Groups[1].Value, CultureInfo.InvariantCulture);
                if (pids.Contains(pid))
                    sockets.Add(new SsSocket(pid, int.Parse(user.Groups[2].Value, CultureInfo.InvariantCulture), Number(socket, 1), Number(socket, 2)));
            }
        }
        return sockets;
    }

    private static ulong Number(Match match, int group) => ulong.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    /// <summary><c>u_str ESTAB 0 0  * 4371022  * 4371021  users:(("load",pid=9174,fd=6))</c>: name or * and inode, of itself and of its peer.</summary>
    [GeneratedRegex(@"^u_\w+ .*? (\d+) +\S+ (\d+) +users:\((.*)\) *$", RegexOptions.Multiline)]
    private static partial Regex Socket();

    [GeneratedRegex(@"pid=(\d+),fd=(\d+)")]
    private static partial Regex User();
}
