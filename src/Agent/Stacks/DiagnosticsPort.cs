using System.Buffers.Binary;
using System.Text;
using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// The protocol of the .NET runtime's diagnostics port: dotnet/diagnostics, ipc-protocol.md.
/// <code>
/// "DOTNET_IPC_V1" NUL | size of all (2) | set of commands (1) | command (1) | reserved (2) | payload
/// </code>
/// Answers are of the set 255: command 0 for success. A session's events follow the answer on the same connection; commands about it need another one.
/// </summary>
internal static class DiagnosticsPort
{
    private const int HeaderSize = 20, SessionSize = 8;
    private const byte EventPipe = 2, StopTracing = 1, CollectTracing2 = 3;
    private const byte FromServer = 255, Success = 0;
    private const uint BufferMegabytes = 64, Nettrace = 1, Informational = 4;

    /// <summary>Starts a session of the sample profiler, with a rundown of all methods at its end. Null: the answer is none, or a refusal.</summary>
    internal static async Task<ulong?> StartSamplingAsync(TargetConnection connection, CancellationToken limit)
    {
        using var payload = new MemoryStream();
        using (var writer = new BinaryWriter(payload))
        {
            writer.Write(BufferMegabytes); // at most
            writer.Write(Nettrace);
            writer.Write(true); // rundown
            writer.Write(1); // provider
            writer.Write(0UL); // keywords
            writer.Write(Informational);
            writer.Write(DotnetSamples.Provider.Length + 1);
            writer.Write(Encoding.Unicode.GetBytes(DotnetSamples.Provider + '\0'));
            writer.Write(0); // no arguments
        }
        byte[] answer = new byte[HeaderSize + SessionSize];
        if (!await connection.SendAsync(Message(CollectTracing2, payload.ToArray()), limit))
            return null;
        for (int length = 0; length < answer.Length;)
        {
            int count = await connection.ReceiveAsync(answer.AsMemory(length), limit);
            if (count == 0)
                return null;
            length += count;
        }
        return answer.AsSpan().StartsWith("DOTNET_IPC_V1\0"u8) && answer[16] == FromServer && answer[17] == Success
            ? BinaryPrimitives.ReadUInt64LittleEndian(answer.AsSpan(HeaderSize))
            : null;
    }

    /// <summary>On another connection than the session's; its answer comes when the session's events are all written.</summary>
    internal static Task<bool> StopAsync(TargetConnection connection, ulong session, CancellationToken limit)
    {
        byte[] payload = new byte[SessionSize];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, session);
        return connection.SendAsync(Message(StopTracing, payload), limit);
    }

    private static byte[] Message(byte command, byte[] payload)
    {
        byte[] message = new byte[HeaderSize + payload.Length];
        "DOTNET_IPC_V1\0"u8.CopyTo(message);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), (ushort)message.Length);
        (message[16], message[17]) = (EventPipe, command);
        payload.CopyTo(message, HeaderSize);
        return message;
    }
}
