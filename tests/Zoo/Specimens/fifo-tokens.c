/*
 * fifo-tokens: a job server whose tokens lie in a FIFO that each job opens by its name; all tokens are taken, and each job wants another one.
 *
 * ZOO_FORM=busy: the first job is at work. ZOO_FORM=queue: what the jobs wait at is a queue of work, which whoever has some opens by its name.
 */
#include "zoo.h"
#include <sys/stat.h>

enum { JOBS = 3 };

static void be_a_job(int number)
{
    char role[16], token;
    snprintf(role, sizeof role, "job-%d", number);
    announce(role);
    int tokens = open("tokens", O_RDWR);
    if (tokens < 0)
        die("open");
    in_place();
    if (number == 0 && getenv("ZOO_FORM") != NULL && strcmp(getenv("ZOO_FORM"), "busy") == 0)
        work();
    _exit(read(tokens, &token, 1) == 1 ? 0 : 1);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        be_a_job(atoi(argv[1]));
    announce("server");
    if (mkfifo("tokens", 0600) < 0)
        die("mkfifo");
    int queue = getenv("ZOO_FORM") != NULL && strcmp(getenv("ZOO_FORM"), "queue") == 0;
    int read_end = open("tokens", (queue ? O_RDWR : O_RDONLY | O_NONBLOCK) | O_CLOEXEC), write_end = queue ? read_end : open("tokens", O_WRONLY | O_CLOEXEC);
    if (read_end < 0 || write_end < 0)
        die("open");
    for (int job = 0; job < JOBS; job++) {
        if (fork_or_die() == 0) {
            char number[8];
            snprintf(number, sizeof number, "%d", job);
            execl("/proc/self/exe", "job", number, NULL);
            die("execl");
        }
    }
    in_place();
    while (wait(NULL) > 0)
        ;
    return 0;
}
