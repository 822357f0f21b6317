/*
 * shares-memory: waits on a semaphore that another process posts, one that shares its memory without being a thread of it.
 */
#include "zoo.h"
#include <sched.h>
#include <semaphore.h>

static sem_t done;
static char stack[1 << 16] __attribute__((aligned(16)));

static int sharer(void *unused)
{
    (void)unused;
    announce("sharer");
    in_place();
    for (int second = 0; second < 1000; second++)
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    sem_post(&done);
    return 0;
}

int main(void)
{
    announce("shares-memory");
    sem_init(&done, 0, 0);
    if (clone(sharer, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL) < 0)
        die("clone");
    in_place();
    while (sem_wait(&done) < 0 && errno == EINTR)
        ;
    return 0;
}
