using OrphanBoard.Bench.Running;

namespace OrphanBoard.Bench.Soaking;

/// <summary>
/// Compiles a dozen small C files with <c>make -j2</c>, over and over, in a directory of its own: compilers, assemblers, shells and the pipes
/// between them, some hundred processes a build.
/// </summary>
internal sealed class BuildLoop : IDisposable
{
    private const int Files = 12;

    // It ends with its stdin, between two builds or by make's end; each build is counted by one byte.
    private const string Script =
        "exec 2>/dev/null; while read -t 0 end; [ $? -ne 0 ]; do make -s -j2 clean all >/dev/null </dev/null && printf . >>builds || sleep 1; done";

    private readonly string _directory;
    private readonly Child _shell;

    private BuildLoop(string directory, Child shell) => (_directory, _shell) = (directory, shell);

    /// <summary>Pid of its shell, or of the program that runs it.</summary>
    internal int Pid => _shell.Pid;

    /// <summary>Builds that have ended well.</summary>
    internal int Builds => File.Exists(Counter) ? (int)new FileInfo(Counter).Length : 0;

    private string Counter => Path.Combine(_directory, "builds");

    /// <param name="through">Program and arguments that run the loop, as guard does; none: it runs by itself.</param>
    internal static BuildLoop Start(params string[] through)
    {
        string directory = Directory.CreateTempSubdirectory("orphanboard-builds-").FullName;
        for (int i = 0; i < Files; i++)
            File.WriteAllText(Path.Combine(directory, $"part{i}.c"), $"#include <stdio.h>\n#include <string.h>\nint part{i}(const char *text) {{ return puts(text) + (int)strlen(text) + {i}; }}\n");
        string objects = string.Join(' ', Enumerable.Range(0, Files).Select(i => $"part{i}.o"));
        File.WriteAllText(
            Path.Combine(directory, "Makefile"),
            $"CFLAGS = -O1 -pipe\nall: whole.a\nwhole.a: {objects}\n\tar rc whole.a {objects}\n%.o: %.c\n\t@echo $< | cat | sed s/c$$/o/ >/dev/null; $(CC) $(CFLAGS) -c $<\nclean:\n\t@rm -f *.o *.a\n");
        string[] words = [.. through, "bash", "-c", $"cd '{directory}' && {Script}"];
        return new BuildLoop(directory, Child.StartToListen(words[0], words[1..]));
    }

    public void Dispose()
    {
        _shell.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
