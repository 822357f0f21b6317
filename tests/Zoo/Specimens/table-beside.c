/*
 * table-beside: a program reads a pipe whose write end it has closed, and a thread of it has that yet, in an fd table of its own (unshare(2), CLONE_FILES). The thread waits for a word that nobody gives it.
 * ZOO_FORM=healthy: the thread works.
 */
#include "zoo.h"
#include <sched.h>
#include <semaphore.h>

static int ends[2];
static sem_t apart, never;

static void *beside(void *unused)
{
    (void)unused;
    if (unshare(CLONE_FILES) < 0)
        die("unshare");
    in_place();
    sem_post(&apart);
    if (getenv("ZOO_FORM") != NULL)
        work();
    sem_wait(&never);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    announce("reader");
    if (pipe2(ends, O_CLOEXEC) < 0 || pthread_create(&thread, NULL, beside, NULL) != 0)
        die("pipe2");
    sem_wait(&apart);
    close(ends[1]);
    in_place();
    read_to_end(ends[0]);
    return 0;
}
