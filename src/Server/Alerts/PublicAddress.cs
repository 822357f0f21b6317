using System.Net;

namespace OrphanBoard.Server.Alerts;

/// <summary>Tells addresses that anybody on the internet may be sent to from those that only this network can reach.</summary>
public static class PublicAddress
{
    /// <summary>What the IANA special-purpose registries (RFC 6890 and its updates) keep from being globally reachable unicast.</summary>
    private static readonly IPNetwork[] Reserved =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>Global unicast, less what is documentation or carries an IPv4 address in it (Teredo, 6to4): those lead back inside.</summary>
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] ReservedWithinGlobal = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    public static bool Is(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
            ? !Reserved.Any(n => n.Contains(address))
            : GlobalUnicast.Contains(address) && !ReservedWithinGlobal.Any(n => n.Contains(address));
    }
}
