/*
 * pipe-ring MEMBERS read|poll|watch|full: MEMBERS processes in a ring, forked by one parent that waits for them; each reads what the one before it is to write
 * (poll: waits for that and for a pipe of its own parent's making that nobody uses; watch: waits for that, or for the reader of what it is to write to be gone), or fills the pipe to the next before it reads (full).
 * ZOO_FORM=fed: the last one sleeps instead, as one at work does.
 */
#include "zoo.h"
#include <poll.h>

enum { MAX = 8 };

int main(int argc, char **argv)
{
    int members = argc > 1 ? atoi(argv[1]) : 3;
    const char *how = argc > 2 ? argv[2] : "read", *form = getenv("ZOO_FORM");
    int fed = form != NULL && strcmp(form, "fed") == 0, ends[MAX][2], spare[MAX][2];
    announce("parent");
    if (members < 2 || members > MAX)
        return 2;
    for (int i = 0; i < members; i++)
        if (pipe(ends[i]) < 0 || pipe(spare[i]) < 0)
            die("pipe");
    for (int i = 0; i < members; i++) {
        if (fork_or_die() != 0)
            continue;
        char name[32], byte;
        int next = (i + 1) % members;
        snprintf(name, sizeof name, "member-%d", i);
        for (int j = 0; j < members; j++) {
            if (j != i)
                close(ends[j][0]);
            if (j != next)
                close(ends[j][1]);
            if (j != i || strcmp(how, "poll") != 0)
                close(spare[j][0]);
            if (j != next || strcmp(how, "poll") != 0)
                close(spare[j][1]);
        }
        announce(name);
        in_place();
        if (fed && i == members - 1)
            work();
        if (strcmp(how, "poll") == 0) {
            struct pollfd watched[2] = {{.fd = ends[i][0], .events = POLLIN}, {.fd = spare[i][0], .events = POLLIN}};
            poll(watched, 2, -1);
        } else if (strcmp(how, "watch") == 0) {
            struct pollfd watched[2] = {{.fd = ends[i][0], .events = POLLIN}, {.fd = ends[next][1]}};
            poll(watched, 2, -1);
        } else if (strcmp(how, "full") == 0) {
            static char block[1 << 20];
            if (write(ends[next][1], block, sizeof block) < 0)
                _exit(1);
        }
        _exit(read(ends[i][0], &byte, 1) < 0);
    }
    for (int i = 0; i < members; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
        close(spare[i][0]);
        close(spare[i][1]);
    }
    in_place();
    while (wait(NULL) > 0)
        ;
    return 0;
}
