/* Two processes that hand a byte to each other: whenever one looks, both are seen in a pipe read. */
#include "zoo.h"

_Noreturn static void play(int from, int to, int serves)
{
    char ball = 0;
    stand_back();
    in_place();
    if (serves && write(to, &ball, 1) != 1)
        _exit(1);
    for (;;) {
        if (read(from, &ball, 1) != 1)
            _exit(1);
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000}, NULL);
        if (write(to, &ball, 1) != 1)
            _exit(1);
    }
}

int main(void)
{
    int there[2], back[2];
    if (pipe(there) < 0 || pipe(back) < 0)
        die("pipe");
    if (fork_or_die() == 0) {
        announce("pong");
        close(there[1]);
        close(back[0]);
        play(there[0], back[1], 0);
    }
    announce("ping");
    close(there[0]);
    close(back[1]);
    play(back[0], there[1], 1);
}
