using System.Security.Cryptography;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Commands;

/// <summary><c>dump</c>: the two looks of a scan as a file that any machine can diagnose.</summary>
public static class DumpCommand
{
    public static Command Syntax { get; } = new(
        "dump",
        "write a capture of this host, which 'replay' diagnoses on any machine",
        "",
        0,
        [
            new("--out", "F", "write to this file, as a whole or not at all (default: standard output)"),
            new("--redact", null, "replace names of hosts, users, programs, threads, files and all arguments by pseudonyms; findings stay (docs/capture.md)"),
            LookerArguments.Backend,
        ],
        "0 written, 1 it failed, 2 bad usage",
        RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, TextWriter output, TextWriter error)
    {
        string? path = arguments.Value("--out") is "-" ? null : arguments.Value("--out");
        if (path is "")
            throw new UsageException("dump: --out needs F; see 'orphan-agent dump --help'");
        if (path is null && !Console.IsOutputRedirected)
            throw new UsageException("dump: a capture is not text and standard output is a terminal; redirect it or use --out F");

        TimeProvider time = TimeProvider.System;
        using HostLooker looker = LookerArguments.Open(arguments, time);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        (Snapshot first, Snapshot last) = ScanCommand.LookTwice(looker, diagnosis, look => diagnosis.Advance(look));
        var capture = new Capture(CommandLine.Version, looker.Backend.Name, false, first, last);
        if (arguments.Has("--redact"))
            capture = new CaptureRedaction(RandomNumberGenerator.GetBytes(32)).Redact(capture);
        using var bytes = new MemoryStream();
        CaptureFormat.Encode(capture, bytes);
        ReadOnlySpan<byte> content = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        if (path is null)
            WholeFile.WriteToStandardOutput(content);
        else
            WholeFile.Write(path, content);
        return CommandLine.Ok;
    }
}
