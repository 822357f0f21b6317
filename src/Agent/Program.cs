using OrphanBoard.Agent.Commands;
using OrphanBoard.Agent.RiskyReading;

// Before anything else: the helper starts within a few milliseconds and needs nothing of the rest.
if (args is [ReadServer.Word, var procPath])
    return ReadServer.Run(procPath);
return await CommandLine.RunAsync(args, StandardStream.Output(), StandardStream.Error());
