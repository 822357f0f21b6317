using System.Globalization;
using System.Text.RegularExpressions;
using OrphanBoard.Agent.Tests.Commands;

namespace OrphanBoard.Agent.Tests.Differential;

/// <summary>One fd as lsof(8) tells it.</summary>
/// <param name="Access">Field a: r, w or u (both).</param>
/// <param name="Type">Field t: FIFO, unix, a_inode, REG, CHR ...</param>
/// <param name="Inode">Field i; 0 where there is none.</param>
/// <param name="Name">Field n: a path, <c>pipe</c>, <c>[eventfd:35]</c>, <c>type=STREAM ->INO=...</c></param>
/// <param name="Ends">The other ends, from the end of <paramref name="Name"/>: option +E.</param>
internal sealed record LsofFd(int Pid, int Number, char Access, string Type, ulong Inode, string Name, IReadOnlyList<(int Pid, int Fd, char Access)> Ends);

internal static partial class LsofOutput
{
    internal static async Task<IReadOnlyList<LsofFd>> OfAsync(IReadOnlySet<int> pids)
    {
        // Fields: p process, f descriptor, a access, t type, i inode, n name. +E tells the endpoints, and adds the files of their holders.
        Ran ran = await AgentProgram.RunProgramAsync("lsof", [], ["-w", "-n", "-P", "+E", "-F", "pfatin", "-p", string.Join(',', pids)]);
        Assert.True(ran.Exit is 0 or 1, ran.Error);
        return [.. Parse(ran.Text).Where(fd => pids.Contains(fd.Pid))];
    }

    /// <summary>
    /// Lines of one field each, its letter first: <c>p123</c> begins a process, <c>f7</c> a file, what follows belongs to it. Files that are no
    /// descriptors (<c>fcwd</c>, <c>ftxt</c>, <c>fmem</c>) are left out.
    /// </summary>
    private static IEnumerable<LsofFd> Parse(string text)
    {
        int pid = 0;
        LsofFd? file = null;
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string value = line[1..];
            if (line[0] is 'p' or 'f' && file is not null)
            {
                yield return file;
                file = null;
            }
            switch (line[0])
            {
                case 'p':
                    pid = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case 'f' when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number):
                    file = new LsofFd(pid, number, ' ', "", 0, "", []);
                    break;
                case 'a' when file is not null:
                    file = file with { Access = value.FirstOrDefault(' ') };
                    break;
                case 't' when file is not null:
                    file = file with { Type = value };
                    break;
                case 'i' when file is not null:
                    file = file with { Inode = ulong.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case 'n' when file is not null:
                    file = file with { Name = value, Ends = EndsIn(value) };
                    break;
            }
        }
        if (file is not null)
            yield return file;
    }

    private static IReadOnlyList<(int Pid, int Fd, char Access)> EndsIn(string name) =>
        [.. End().Matches(name).Select(end => (
            int.Parse(end.Groups[1].Value, CultureInfo.InvariantCulture),
            int.Parse(end.Groups[2].Value, CultureInfo.InvariantCulture),
            end.Groups[3].Value[0]))];

    /// <summary><c>9188,load,5u</c>: pid, command, fd and access.</summary>
    [GeneratedRegex(@" (\d+),[^,]*,(\d+)([rwu])(?= |$)")]
    private static partial Regex End();
}
