using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

// specimen HOW [COMMAND...]: a .NET program that waits for its child, for itself, or for nothing. ZOO_FORM=healthy: what hangs does not.
bool healthy = Environment.GetEnvironmentVariable("ZOO_FORM") == "healthy";
var start = new ProcessStartInfo(args.Length > 1 ? args[1] : "true", args.Skip(2)) { RedirectStandardInput = true, RedirectStandardOutput = true };
switch (args[0])
{
    case "idle":
        Parallel.For(0, 8, _ => Thread.Sleep(1));
        Console.ReadLine();
        Thread.Sleep(Timeout.Infinite);
        break;
    case "wait":
        using (Process child = Process.Start(new ProcessStartInfo(args[1], args.Skip(2)))!)
            child.WaitForExit();
        break;
    case "read":
        using (Process child = Process.Start(start)!)
        using (EndsInput(child))
            child.StandardOutput.ReadToEnd();
        break;
    case "events":
        using (Process child = Process.Start(start)!)
        using (EndsInput(child))
        {
            child.OutputDataReceived += (_, _) => { };
            child.BeginOutputReadLine();
            child.WaitForExit();
        }
        break;
    case "never-ends":
        using (Process child = Process.Start(new ProcessStartInfo(args[1], args.Skip(2)) { RedirectStandardInput = true })!)
        using (healthy ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => child.StandardInput.Close()) : null)
        {
            InPlace("runner");
            child.WaitForExit();
        }
        break;
    case "unread-errors":
        using (Process child = Process.Start(new ProcessStartInfo(args[1], args.Skip(2)) { RedirectStandardError = true })!)
        {
            if (healthy)
                new Thread(() => ReadSlowly(child.StandardError)).Start();
            InPlace("runner");
            child.WaitForExit();
            child.StandardError.ReadToEnd();
        }
        break;
    case "own-pipe":
        // Without DisposeLocalCopyOfClientHandle the write end stays open here, whatever becomes of the child.
        using (AnonymousPipeServerStream answers = new(PipeDirection.In, HandleInheritability.Inheritable))
        using (Process child = Process.Start(new ProcessStartInfo("sh", ["-c", healthy ? "exec sleep 1000" : "exit 1"]))!)
        {
            if (!healthy)
                child.WaitForExit();
            answers.ReadByte();
        }
        break;
    case "queues":
        using (BlockingCollection<int> questions = [], answers = [])
        {
            var answering = new Thread(() => answers.Add(questions.Take()));
            answering.Start();
            using Timer? asks = healthy ? new Timer(_ => questions.Add(1), null, TimeSpan.FromSeconds(200), Timeout.InfiniteTimeSpan) : null;
            answers.Take();
        }
        break;
    case "host":
        // Threads that take what they are given, and a main thread that ends them when SIGTERM comes.
        using (BlockingCollection<int> work = [])
        using (var told = new ManualResetEventSlim())
        using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => { context.Cancel = true; told.Set(); }))
        {
            Thread[] workers = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() => Console.WriteLine(work.GetConsumingEnumerable().Sum())))];
            foreach (Thread worker in workers)
                worker.Start();
            InPlace("runner");
            told.Wait();
            work.CompleteAdding();
            foreach (Thread worker in workers)
                worker.Join();
        }
        break;
    case "monitors":
        object one = new(), two = new();
        using (var bothHaveOne = new Barrier(2))
        {
            Thread[] threads = [new(() => Take(one, two, bothHaveOne)), new(() => Take(healthy ? one : two, healthy ? two : one, healthy ? null : bothHaveOne))];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                thread.Join();
        }
        break;
}

// In the healthy form a timer closes the child's input in the end.
Timer? EndsInput(Process child) => healthy ? new Timer(_ => child.StandardInput.Close(), null, TimeSpan.FromSeconds(200), Timeout.InfiniteTimeSpan) : null;

static void Take(object first, object second, Barrier? bothHaveOne)
{
    lock (first)
    {
        bothHaveOne?.SignalAndWait();
        lock (second)
            Thread.Sleep(TimeSpan.FromHours(1));
    }
}

static void ReadSlowly(StreamReader from)
{
    for (; from.Read() >= 0; Thread.Sleep(100))
    {
    }
}

// As zoo.h has it.
static void InPlace(string role)
{
    using var ready = new FileStream(new SafeFileHandle(99, ownsHandle: true), FileAccess.Write, bufferSize: 0);
    ready.Write(Encoding.ASCII.GetBytes($"role {role} {Environment.ProcessId}\n"));
}
