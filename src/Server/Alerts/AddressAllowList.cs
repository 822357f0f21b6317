using System.Collections.Immutable;
using System.Net;
using OrphanBoard.Server.Settings;

namespace OrphanBoard.Server.Alerts;

/// <summary>Addresses that webhooks may reach although they are loopback, private or otherwise not public: <c>127.0.0.1</c>, <c>10.1.0.0/16</c>, <c>::1</c>.</summary>
public sealed class AddressAllowList(ImmutableArray<IPNetwork> networks)
{
    public static AddressAllowList Empty { get; } = new([]);

    public bool Contains(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return networks.Any(n => n.Contains(plain));
    }

    /// <exception cref="SettingsException">One of them is neither an address nor a network in CIDR form.</exception>
    public static AddressAllowList Parse(IReadOnlyList<string> entries) => new([.. entries.Select(ParseEntry)]);

    private static IPNetwork ParseEntry(string? entry)
    {
        if (IPAddress.TryParse(entry, out IPAddress? address))
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        if (entry is not null && IPNetwork.TryParse(entry, out IPNetwork network))
            return network;
        throw new SettingsException($"webhooks.allow: '{entry}' is not an IP address or network (write 127.0.0.1 or 10.1.0.0/16)");
    }
}
