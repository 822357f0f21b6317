using Xunit.Sdk;
using Xunit.v3;

// One machine, one process tree: specimens are looked at one after another.
[assembly: Parallelization(Mode = ParallelMode.None)]
