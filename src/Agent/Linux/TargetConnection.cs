using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace OrphanBoard.Agent.Linux;

/// <summary>A stream socket to a server in another process, unix(7). Errors of the socket are told as the end of what it sends.</summary>
internal sealed class TargetConnection : IDisposable
{
    private const int PathCapacity = 108; // sun_path
    private const int SocketLevel = 1, PeerCredentials = 17; // SOL_SOCKET, SO_PEERCRED
    private readonly Socket _socket;

    private TargetConnection(Socket socket, string path) => (_socket, Path) = (socket, path);

    /// <summary>As the process itself has it.</summary>
    internal string Path { get; }

    /// <param name="path">As the process itself has it: its root may be another one than ours.</param>
    /// <returns>Null: nobody listens there, or it is not this process, whose number a dead one may have had and whose name anybody may give to a socket.</returns>
    internal static async Task<TargetConnection?> TryConnectAsync(int pid, string path, CancellationToken limit)
    {
        // The plain one first, which is shorter: of a long one the longer form may be too long.
        foreach (string way in (string[])[path, $"/proc/{pid}/root{path}"])
        {
            if (Encoding.UTF8.GetByteCount(way) >= PathCapacity)
                continue;
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(way), limit);
                if (PeerOf(socket) == pid)
                    return new TargetConnection(socket, path);
                socket.Dispose();
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        return null;
    }

    /// <summary>False: the other end is closed.</summary>
    internal async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken limit)
    {
        try
        {
            for (int sent = 0; sent < bytes.Length;)
                sent += await _socket.SendAsync(bytes[sent..], SocketFlags.None, limit);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>How many bytes came; 0: it is at its end.</summary>
    internal async Task<int> ReceiveAsync(Memory<byte> room, CancellationToken limit)
    {
        try
        {
            return await _socket.ReceiveAsync(room, SocketFlags.None, limit);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Who called listen(2), by the pid that it has for us.</summary>
    private static int PeerOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12]; // struct ucred { pid_t pid; uid_t uid; gid_t gid; }
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length ? MemoryMarshal.Read<int>(credentials) : 0;
    }
}
