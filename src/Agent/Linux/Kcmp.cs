namespace OrphanBoard.Agent.Linux;

/// <summary>
/// kcmp(2): whether two tasks share something in the kernel, and if not, in which order the kernel keeps the two. Each comparison gives 0 where it is one and
/// the same; null where it may not be asked (needs ptrace access to both), or one is gone.
/// </summary>
/// <remarks>A leader that has left by pthread_exit(3) has neither memory nor files, so that two such look alike: give the tid of a living thread.</remarks>
public static class Kcmp
{
    // include/uapi/linux/kcmp.h
    private const int FileType = 0, VmType = 1, FilesType = 2; // KCMP_FILE, KCMP_VM, KCMP_FILES

    /// <summary>Memory, shared after clone(2) with CLONE_VM.</summary>
    public static int? Memory(int tid, int other) => Compare(tid, other, VmType, 0, 0);

    /// <summary>Fd tables, shared after clone(2) with CLONE_FILES.</summary>
    public static int? Tables(int tid, int other) => Compare(tid, other, FilesType, 0, 0);

    /// <summary>Open file descriptions, shared after dup(2), fork(2) or SCM_RIGHTS.</summary>
    public static int? Descriptions(int tid, int fd, int other, int otherFd) => Compare(tid, other, FileType, fd, otherFd);

    private static int? Compare(int tid, int other, int type, int first, int second) =>
        (long)Tmds.Linux.LibC.syscall(SystemCallNumbers.Kcmp, tid, other, type, first, second) switch
        {
            0 => 0,
            1 => -1,
            2 => 1,
            _ => null,
        };
}
