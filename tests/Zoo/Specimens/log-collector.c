/*
 * log-collector: its starter makes a pipe, hands the read end to a collector and the write end to a service in a session of its
 * own, and waits for both. The service is no orphan of the collector's.
 */
#include "zoo.h"

enum { LOG_FD = 50 };

int main(int argc, char **argv)
{
    if (argc > 1) {
        announce("collector");
        in_place();
        read_to_end(LOG_FD);
        return 0;
    }
    announce("starter");
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t collector = fork_or_die();
    if (collector == 0) {
        if (dup2(ends[0], LOG_FD) < 0)
            die("dup2");
        execl("/proc/self/exe", argv[0], "collect", (char *)NULL);
        die("execl");
    }
    pid_t service = fork_or_die();
    if (service == 0) {
        setsid();
        if (dup2(ends[1], 1) < 0)
            die("dup2");
        become("service", (char *[]){"sleep", "1000", NULL});
    }
    close(ends[0]);
    close(ends[1]);
    in_place();
    wait_for(service);
    wait_for(collector);
    return 0;
}
