/*
 * pipe-ring MEMBERS HOW: MEMBERS processes in a ring, forked by one parent that waits for them; each reads what the one before it is to write
 * (poll: waits for that and for a pipe of its own parent's making that nobody uses; watch: waits for that, or for the reader of what it is to write to be gone;
 * preadv2, splice: takes it by these calls), or fills the pipe to the next before it reads (full; vmsplice, sendfile, tee: by these calls).
 * ZOO_FORM=fed: the last one sleeps instead, as one at work does.
 */
#include "zoo.h"
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

enum { MAX = 8 };

static char block[1 << 20];

/* What lies in a full pipe may be copied, so that tee(2) waits for room alone. */
static void fill(int pipe)
{
    int flags = fcntl(pipe, F_GETFL);
    fcntl(pipe, F_SETFL, flags | O_NONBLOCK);
    while (write(pipe, block, 4096) > 0)
        ;
    fcntl(pipe, F_SETFL, flags);
}

/* Returns when it has been done, or cannot be. */
static void move(const char *how, int own, int next)
{
    struct iovec whole = {.iov_base = block, .iov_len = sizeof block};
    if (strcmp(how, "full") == 0 && write(next, block, sizeof block) < 0)
        _exit(1);
    if (strcmp(how, "vmsplice") == 0) {
        fill(next);
        if (vmsplice(next, &whole, 1, 0) < 0)
            _exit(1);
    }
    if (strcmp(how, "sendfile") == 0) {
        int file = open("/proc/self/exe", O_RDONLY);
        fill(next);
        if (sendfile(next, file, NULL, 4096) < 0)
            _exit(1);
    }
    if (strcmp(how, "tee") == 0 && tee(own, next, 4096, 0) < 0)
        _exit(1);
    if (strcmp(how, "splice") == 0 && splice(own, NULL, next, NULL, 4096, 0) < 0)
        _exit(1);
    if (strcmp(how, "preadv2") == 0 && preadv2(own, &whole, 1, -1, 0) < 0)
        _exit(1);
}

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
    for (int i = 0; strcmp(how, "tee") == 0 && i < members; i++)
        fill(ends[i][1]);
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
        }
        move(how, ends[i][0], ends[next][1]);
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
