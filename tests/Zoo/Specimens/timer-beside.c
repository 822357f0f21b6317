/*
 * timer-beside: a program waits for its child, and beside it a thread reads a timer (timerfd_create(2)), ten times a second. The child reads to its end what the program never closes.
 * ZOO_FORM=healthy: the child works.
 */
#include "zoo.h"
#include <stdint.h>
#include <sys/timerfd.h>

static void *ticks(void *unused)
{
    struct itimerspec often = {.it_interval.tv_nsec = 100000000, .it_value.tv_nsec = 100000000};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (timer < 0 || timerfd_settime(timer, 0, &often, NULL) < 0)
        die("timerfd_create");
    for (uint64_t passed;;)
        if (read(timer, &passed, sizeof passed) < 0)
            return unused;
}

int main(void)
{
    int ends[2];
    pthread_t thread;
    announce("program");
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t child = fork_or_die();
    if (child == 0) {
        announce("child");
        close(ends[1]);
        in_place();
        if (getenv("ZOO_FORM") != NULL)
            work();
        read_to_end(ends[0]);
        return 0;
    }
    if (pthread_create(&thread, NULL, ticks, NULL) != 0)
        die("pthread_create");
    in_place();
    wait_for(child);
    return 0;
}
