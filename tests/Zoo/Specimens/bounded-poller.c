/* A consumer that looks at a silent producer's pipe again and again, never for longer than a tenth of a second. */
#include "zoo.h"
#include <poll.h>

int main(void)
{
    int ends[2];
    if (pipe(ends) < 0)
        die("pipe");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        announce("producer");
        close(ends[0]);
        in_place();
        work();
    }
    announce("consumer");
    close(ends[1]);
    in_place();
    for (;;)
        poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, 100);
}
