/*
 * pool wait|pause: a supervisor with a handler of SIGTERM and two idle workers that read pipes which it has: it waits for any of them, or for a signal.
 * The handler closes the pipes, and so ends the workers.
 */
#include "zoo.h"

static int jobs[2][2];

static void on_signal(int signal)
{
    (void)signal;
    close(jobs[0][1]);
    close(jobs[1][1]);
}

int main(int argc, char **argv)
{
    announce("supervisor");
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
    for (int i = 0; i < 2; i++) {
        if (pipe(jobs[i]) < 0)
            die("pipe");
        if (fork_or_die() == 0) {
            signal(SIGTERM, SIG_DFL);
            char name[16];
            snprintf(name, sizeof name, "worker-%d", i);
            close(jobs[i][1]);
            announce(name);
            in_place();
            read_to_end(jobs[i][0]);
            _exit(0);
        }
        close(jobs[i][0]);
    }
    in_place();
    if (argc > 1 && strcmp(argv[1], "pause") == 0)
        pause();
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    return 0;
}
