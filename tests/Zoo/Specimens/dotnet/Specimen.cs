using System.Diagnostics;

// specimen HOW [COMMAND...]: a .NET program that waits for its child, or for nothing.
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
            child.StandardOutput.ReadToEnd();
        break;
    case "events":
        using (Process child = Process.Start(start)!)
        {
            child.OutputDataReceived += (_, _) => { };
            child.BeginOutputReadLine();
            child.WaitForExit();
        }
        break;
}
