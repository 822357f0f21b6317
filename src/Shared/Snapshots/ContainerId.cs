using System.Text.RegularExpressions;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>
/// Which container a cgroup belongs to, by the way in which container runtimes name their cgroups:
/// <code>
/// /docker/ID                                               docker, cgroupfs driver
/// /system.slice/docker-ID.scope                            docker, systemd driver
/// /system.slice/cri-containerd-ID.scope                    containerd
/// /kubepods/burstable/podUID/ID                            Kubernetes, cgroupfs driver
/// /kubepods.slice/kubepods-podUID.slice/crio-ID.scope      Kubernetes, systemd driver
/// /kubepods-besteffort-podUID.slice:cri-containerd:ID      containerd, without systemd
/// /machine.slice/libpod-ID.scope/container                 podman; libpod-conmon-ID.scope is its monitor, outside of the container
/// /user.slice/.../user.slice/libpod-ID.scope               podman without root
/// /lxc/NAME, /lxc.payload/NAME, /lxc.payload.NAME          LXC, LXD, Incus: a name, not an id
/// </code>
/// ID is 64 hexadecimal digits.
/// </summary>
public static partial class ContainerId
{
    /// <param name="cgroup">Path of a cgroup, as in /proc/PID/cgroup.</param>
    /// <returns>The id (64 digits) or LXC name of the innermost container, or null.</returns>
    public static string? Of(string cgroup)
    {
        string? found = null;
        string? before = null;
        foreach (string part in cgroup.Split('/'))
        {
            if (OfPart(part, before) is { } id)
                found = id;
            before = part;
        }
        return found;
    }

    private static string? OfPart(string part, string? before)
    {
        if (Id().Match(part) is { Success: true } match)
            return match.Groups["monitor"].Success ? null : match.Groups["id"].Value;
        if (before is "lxc" or "lxc.payload" && part.Length > 0)
            return part;
        const string Payload = "lxc.payload.";
        return part.StartsWith(Payload, StringComparison.Ordinal) && part.Length > Payload.Length ? part[Payload.Length..] : null;
    }

    // An id stands alone, or behind a runtime's name and - or :, with or without .scope. Crio and podman put a monitor process beside it.
    [GeneratedRegex(@"^(?:[a-z0-9._:-]*?(?<monitor>conmon-)?(?<=[-:]))?(?<id>[0-9a-f]{64})(?:\.scope)?\z")]
    private static partial Regex Id();
}
