/* signal-daemon sigwait|self-pipe: a service that waits for SIGTERM by design, under a parent that waits for it. */
#include "zoo.h"

static int own_pipe[2];

static void on_term(int unused)
{
    (void)unused;
    if (write(own_pipe[1], "", 1) != 1)
        _exit(1);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "sigwait";
    pid_t pid = fork_or_die();
    if (pid != 0) {
        announce("signal-daemon");
        in_place();
        wait_for(pid);
        return 0;
    }
    announce("service");
    if (strcmp(how, "self-pipe") == 0) {
        char byte;
        if (pipe2(own_pipe, O_CLOEXEC) < 0)
            die("pipe2");
        sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_term}, NULL);
        in_place();
        while (read(own_pipe[0], &byte, 1) < 0 && errno == EINTR)
            ;
        return 0;
    }
    sigset_t set;
    int got;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    in_place();
    sigwait(&set, &got);
    return 0;
}
