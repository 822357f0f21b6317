/* Waits for cat to exit before it closes the pipe that cat reads: the close would have come after the wait. */
#include "zoo.h"

int main(void)
{
    announce("wait-before-close");
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        dup2(ends[0], 0);
        become("cat", (char *[]){"cat", NULL});
    }
    close(ends[0]);
    in_place();
    wait_for(pid);
    close(ends[1]);
    return 0;
}
