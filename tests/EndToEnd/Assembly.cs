using Xunit.Sdk;
using Xunit.v3;

// Each test looks at the whole machine: one at a time.
[assembly: Parallelization(Mode = ParallelMode.None)]
