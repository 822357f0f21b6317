using Xunit.Sdk;
using Xunit.v3;

// Each specimen is asked about by itself: a few at a time, for most of the time is waiting.
[assembly: Parallelization(Mode = ParallelMode.All, MaxThreads = 4)]
