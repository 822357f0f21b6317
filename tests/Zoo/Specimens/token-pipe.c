/*
 * token-pipe: a job server's pipe from which all tokens are gone. Every job reads it and, as is the custom, holds its write
 * end too; the server waits for its jobs.
 */
#include "zoo.h"

enum { JOBS = 4 };

int main(void)
{
    announce("server");
    int tokens[2];
    if (pipe(tokens) < 0)
        die("pipe");
    for (int job = 0; job < JOBS; job++) {
        if (fork_or_die() == 0) {
            char name[16], token;
            snprintf(name, sizeof name, "job-%d", job);
            announce(name);
            in_place();
            _exit(read(tokens[0], &token, 1) == 1 ? 0 : 1);
        }
    }
    in_place();
    while (wait(NULL) > 0)
        ;
    return 0;
}
