using System.Runtime.InteropServices;
using OrphanBoard.Server;
using OrphanBoard.Server.Settings;

using var stop = new CancellationTokenSource();
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
DataDirectory.KeepFilesToOwner();
try
{
    ServerSettings settings = SettingsReader.Read(args);
    if (settings.ExitWithParent is { } parent && !ParentProcess.FollowToTheEnd(parent))
        return 0;
    await using RunningServer server = await RunningServer.Start(settings, TimeProvider.System, stop.Token);
    TextWriter output = settings.QuietLogin ? Console.Error : Console.Out;
    await output.WriteLineAsync($"Board: {await server.LoginLink()}");
    await Task.Delay(Timeout.Infinite, stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (SettingsException e)
{
    await Console.Error.WriteLineAsync($"orphanboard-server: {e.Message}");
    return e.ExitCode;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
