/* Starts cat with a pipe for its stdin and forgets that cat inherits the pipe's write end as well: cat waits for itself. */
#include "zoo.h"

int main(void)
{
    announce("own-stdin");
    int ends[2];
    if (pipe(ends) < 0)
        die("pipe");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        dup2(ends[0], 0);
        close(ends[0]);
        become("cat", (char *[]){"cat", NULL});
    }
    close(ends[0]);
    close(ends[1]);
    in_place();
    wait_for(pid);
    return 0;
}
