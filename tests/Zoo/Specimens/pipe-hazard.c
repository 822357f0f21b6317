/*
 * pipe-hazard MODE: a pipe that will not end when its reader thinks it does; nothing hangs yet.
 *
 *   own-stdin    reads its stdin with a timeout, and has the write end of that pipe at another fd
 *   own-set      polls a pipe that only itself has, with a timeout
 *   bell         the same, and neither end waits (O_NONBLOCK): so a process wakes its own loop
 *   collected    reads the output of a tool; a bystander that was started later has inherited its write end
 *   fed          feeds a filter; a bystander has inherited the feeding end
 *   closed       as collected, and the bystander was started without it
 *   tokens       as collected, and all of them read the pipe too: a job server
 *   self-pipe    as own-set, and a signal handler writes to it
 *   shell        as fed, and the feeder waits for the bystander, as a shell does
 */
#include "zoo.h"
#include <poll.h>

static const char *mode;
static int is(const char *name) { return strcmp(mode, name) == 0; }
static int own[2];

static void on_signal(int signal)
{
    (void)signal;
    if (write(own[1], "", 1) < 0)
        return;
}

_Noreturn static void poll_again_and_again(int fd)
{
    in_place();
    for (;;)
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 400);
}

/* Another program than its parent. */
_Noreturn static void become_bystander(void)
{
    become("bystander", (char *[]){"sleep", "1000", NULL});
}

int main(int argc, char **argv)
{
    mode = argc > 1 ? argv[1] : "own-stdin";
    int both[2];
    if (pipe2(both, is("bell") ? O_NONBLOCK : 0) < 0)
        die("pipe");
    announce("owner");
    if (is("own-stdin")) {
        dup2(both[0], 0);
        close(both[0]);
        poll_again_and_again(0);
    }
    if (is("own-set") || is("bell") || is("self-pipe")) {
        own[0] = both[0], own[1] = both[1];
        if (is("self-pipe"))
            sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
        poll_again_and_again(both[0]);
    }
    int feeds = is("fed") || is("shell");
    if (fork_or_die() == 0) {
        if (feeds) {
            dup2(both[0], 0);
            close(both[0]);
            close(both[1]);
            announce("filter");
            in_place();
            read_to_end(0);
            _exit(0);
        }
        dup2(both[1], 1);
        close(both[1]);
        if (!is("tokens"))
            close(both[0]);
        become("tool", (char *[]){"sleep", "1000", NULL});
    }
    if (feeds)
        close(both[0]);
    pid_t bystander = fork_or_die();
    if (bystander == 0) {
        if (!feeds && !is("tokens"))
            close(both[0]);
        if (is("closed"))
            close(both[1]);
        become_bystander();
    }
    in_place();
    if (is("shell"))
        wait_for(bystander);
    if (feeds)
        work();
    close(both[1]);
    read_to_end(both[0]);
    return 0;
}
