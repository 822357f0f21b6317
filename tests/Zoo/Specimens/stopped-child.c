/*
 * stopped-child MODE: a child is stopped by SIGSTOP, and its parent knows of it before it does what MODE says.
 *
 *   wait       waits for it to exit                      read    reads its output to the end
 *   any        waits for any child                       poll    polls its output, without a timeout
 *   pipeline   waits for any; a second child reads the first one's output
 *   above      waits for it, and is waited for itself
 *   job        does something else
 *   informed   waits with WUNTRACED: it is told of stops
 *   continued  has continued it, and waits
 *   throttled  stops and continues it all the time, as cpulimit does
 */
#include "zoo.h"
#include <poll.h>

static int is(const char *mode, const char *name) { return strcmp(mode, name) == 0; }

_Noreturn static void throttle(pid_t child)
{
    in_place();
    for (;;) {
        kill(child, SIGSTOP);
        nanosleep(&(struct timespec){.tv_nsec = 15 * 1000 * 1000}, NULL);
        kill(child, SIGCONT);
        nanosleep(&(struct timespec){.tv_nsec = 15 * 1000 * 1000}, NULL);
    }
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "wait";
    int output[2];
    if (is(mode, "above")) {
        pid_t middle = fork_or_die();
        if (middle != 0) {
            announce("above");
            in_place();
            wait_for(middle);
            return 0;
        }
    }
    if (pipe2(output, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t child = fork_or_die();
    if (child == 0) {
        close(output[0]);
        announce("child");
        in_place();
        raise(SIGSTOP);
        work();
    }
    if (is(mode, "pipeline") && fork_or_die() == 0) {
        dup2(output[0], 0);
        close(output[0]);
        close(output[1]);
        announce("filter");
        in_place();
        read_to_end(0);
        _exit(0);
    }
    close(output[1]);
    if (waitpid(child, NULL, WUNTRACED) != child)
        die("waitpid");
    announce("parent");
    may_be_told();
    if (is(mode, "job")) {
        in_place();
        work();
    }
    if (is(mode, "throttled"))
        throttle(child);
    if (is(mode, "continued"))
        kill(child, SIGCONT);
    in_place();
    if (is(mode, "read"))
        read_to_end(output[0]);
    if (is(mode, "poll"))
        poll(&(struct pollfd){.fd = output[0], .events = POLLIN}, 1, -1);
    if (is(mode, "informed"))
        while (waitpid(child, NULL, WUNTRACED) < 0 && errno == EINTR)
            ;
    close(output[0]);
    if (is(mode, "any") || is(mode, "pipeline"))
        while (wait(NULL) > 0 || errno == EINTR)
            ;
    wait_for(child);
    return 0;
}
