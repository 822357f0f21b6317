/*
 * later-child [sockets]: a parent starts a filter with a pipe for its stdin, then another one; the later one inherits the write end of the first's pipe. The parent
 * closes its own and waits for the first to exit, before it has told the later one to.
 * sockets: the filter's stdin is one of a pair of sockets, as some runtimes give it.
 * ZOO_FORM=busy: the later one is at work, and exits when it is done. ZOO_FORM=nested: the later one is a shell's child, one generation further down.
 */
#include "zoo.h"
#include <sys/socket.h>

int main(int argc, char **argv)
{
    const char *form = getenv("ZOO_FORM");
    int busy = form != NULL && strcmp(form, "busy") == 0, nested = form != NULL && strcmp(form, "nested") == 0, first[2], second[2];
    announce("parent");
    if (argc > 1 ? socketpair(AF_UNIX, SOCK_STREAM, 0, first) < 0 : pipe(first) < 0)
        die(argc > 1 ? argv[1] : "pipe");
    pid_t filter = fork_or_die();
    if (filter == 0) {
        dup2(first[0], 0);
        close(first[0]);
        close(first[1]);
        become("filter", (char *[]){"cat", NULL});
    }
    close(first[0]);
    if (pipe(second) < 0)
        die("pipe");
    pid_t later = fork_or_die();
    if (later == 0) {
        dup2(second[0], 0);
        close(second[0]);
        close(second[1]);
        announce("later");
        if (nested) {
            pid_t below = fork_or_die();
            if (below == 0)
                become("below", (char *[]){"cat", NULL});
            in_place();
            wait_for(below);
            _exit(0);
        }
        in_place();
        if (busy)
            work();
        read_to_end(0);
        _exit(0);
    }
    close(second[0]);
    close(first[1]);
    in_place();
    wait_for(filter);
    close(second[1]);
    wait_for(later);
    return 0;
}
