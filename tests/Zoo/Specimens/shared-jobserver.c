/*
 * shared-jobserver [client|server]: what a compiler cache does in a parallel build. Clients have taken all tokens and wait for the server; the server
 * needs a token to work for them. Without an argument: makes the token pipe and starts them, as a build would. With make: fds come in ZOO_TOKENS (r,w).
 * ZOO_FORM=busy: the server has got its token and works.
 */
#include "zoo.h"

enum { CLIENTS = 3 };

int main(int argc, char **argv)
{
    (void)argc;
    const char *form = getenv("ZOO_FORM");
    int tokens[2], requests[2], answers[CLIENTS][2];
    announce("build");
    if (pipe(tokens) < 0 || pipe(requests) < 0)
        die("pipe");
    for (int i = 0; i < CLIENTS; i++)
        if (pipe(answers[i]) < 0)
            die("pipe");
    if (fork_or_die() == 0) {
        char token;
        close(requests[1]);
        for (int i = 0; i < CLIENTS; i++)
            close(answers[i][0]);
        announce("cache");
        in_place();
        if (form != NULL && strcmp(form, "busy") == 0)
            work();
        _exit(read(tokens[0], &token, 1) < 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        if (fork_or_die() != 0)
            continue;
        char name[16], answer;
        snprintf(name, sizeof name, "client-%d", i);
        announce(name);
        close(requests[0]);
        for (int j = 0; j < CLIENTS; j++) {
            close(answers[j][1]);
            if (j != i)
                close(answers[j][0]);
        }
        in_place();
        _exit(read(answers[i][0], &answer, 1) < 0);
    }
    close(requests[0]);
    close(requests[1]);
    for (int i = 0; i < CLIENTS; i++) {
        close(answers[i][0]);
        close(answers[i][1]);
    }
    in_place();
    while (wait(NULL) > 0)
        ;
    (void)argv;
    return 0;
}
