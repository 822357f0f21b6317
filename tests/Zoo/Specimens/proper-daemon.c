/* A daemon as it is in the book: forked twice, a session of its own, at the root, /dev/null for its stdio. */
#include "zoo.h"

int main(void)
{
    if (fork_or_die() != 0)
        return 0;
    setsid();
    if (fork_or_die() != 0)
        _exit(0);
    if (chdir("/") < 0)
        die("chdir");
    announce("daemon");
    in_place();
    work();
}
