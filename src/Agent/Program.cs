using OrphanBoard.Agent.Commands;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.RiskyReading;

// Before anything else: the helper starts within a few milliseconds and needs nothing of the rest.
if (args is [ReadServer.Word, var procPath])
    return ReadServer.Run(procPath);
// A scan of some thousand processes makes less than this, and little of it is ever garbage: to look for that would cost more than the diagnosis.
if (args is ["scan", ..] && GC.TryStartNoGCRegion(128 * 1024 * 1024))
    OwnMemory.TakeInLargePages();
// What guard runs is to find the terminal as it was.
if (args is [GuardCommand.Name, ..])
    return await CommandLine.RunAsync(args, new DescriptorWriter(StandardDescriptor.Output), new DescriptorWriter(StandardDescriptor.Error));
return await CommandLine.RunAsync(args, StandardStream.Output(), StandardStream.Error());
