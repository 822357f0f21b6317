using OrphanBoard.Agent.Commands;

return await CommandLine.RunAsync(args, StandardStream.Output(), StandardStream.Error());
