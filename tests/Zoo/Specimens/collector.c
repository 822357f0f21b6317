/*
 * collector [setsid]: reads its job's output to the end. The job has exited and was waited for, but a program that it
 * started in the background still has the output open.
 */
#include "zoo.h"

int main(int argc, char **argv)
{
    (void)argv;
    announce("collector");
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t job = fork_or_die();
    if (job == 0) {
        dup2(ends[1], 1);
        if (fork_or_die() == 0) {
            if (argc > 1)
                setsid();
            become("leftover", (char *[]){"sleep", "1000", NULL});
        }
        _exit(0);
    }
    close(ends[1]);
    wait_for(job);
    in_place();
    read_to_end(ends[0]);
    return 0;
}
