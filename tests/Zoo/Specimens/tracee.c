/*
 * tracee held|stepped: a process and its tracer, children of one parent. held: attached and never let go on. stepped: let go on from
 * system call to system call, as by strace.
 */
#include "zoo.h"
#include <sys/prctl.h>
#include <sys/ptrace.h>

int main(int argc, char **argv)
{
    int held = argc < 2 || strcmp(argv[1], "held") == 0;
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t tracee = fork_or_die();
    if (tracee == 0) {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
        announce("tracee");
        in_place();
        close(ready[0]);
        close(ready[1]);
        work();
    }
    close(ready[1]);
    if (fork_or_die() == 0) {
        read_to_end(ready[0]);
        close(ready[0]);
        if (ptrace(PTRACE_ATTACH, tracee, NULL, NULL) < 0 || waitpid(tracee, NULL, __WALL) != tracee)
            die("ptrace");
        announce("tracer");
        in_place();
        while (!held) {
            if (ptrace(PTRACE_SYSCALL, tracee, NULL, NULL) < 0 || waitpid(tracee, NULL, __WALL) != tracee)
                break;
        }
        work();
    }
    close(ready[0]);
    announce("parent");
    in_place();
    work();
}
