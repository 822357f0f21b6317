/* Starts twelve children and waits for none of them. */
#include "zoo.h"

int main(void)
{
    announce("never-waits");
    for (int i = 0; i < 12; i++)
        if (fork_or_die() == 0)
            _exit(0);
    siginfo_t ended;
    for (int i = 0; i < 12; i++)
        waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT);
    in_place();
    work();
}
