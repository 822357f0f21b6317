using OrphanBoard.Bench;

return Commands.Run(args);
