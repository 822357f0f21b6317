/*
 * own-table: a parent reads a pipe whose writer a thread of its child has, in an fd table of its own (unshare(2), CLONE_FILES); that thread reads what the parent should write, and the rest of
 * the child waits for the thread. ZOO_FORM=healthy: the thread works.
 */
#include "zoo.h"
#include <sched.h>

static int there[2], back[2];
static pthread_barrier_t apart;

static void *reads(void *unused)
{
    (void)unused;
    char byte;
    if (unshare(CLONE_FILES) < 0)
        die("unshare");
    pthread_barrier_wait(&apart);
    pthread_barrier_wait(&apart);
    in_place();
    if (getenv("ZOO_FORM") != NULL)
        work();
    return read(there[0], &byte, 1) < 0 ? NULL : &apart;
}

int main(void)
{
    if (pipe2(there, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "child" : "parent");
    close(pid == 0 ? there[1] : there[0]);
    close(pid == 0 ? back[0] : back[1]);
    if (pid == 0) {
        pthread_t thread;
        pthread_barrier_init(&apart, NULL, 2);
        if (pthread_create(&thread, NULL, reads, NULL) != 0)
            die("pthread_create");
        pthread_barrier_wait(&apart);
        close(there[0]);
        close(back[1]);
        in_place();
        pthread_barrier_wait(&apart);
        pthread_join(thread, NULL);
        return 0;
    }
    in_place();
    read_to_end(back[0]);
    wait_for(pid);
    return 0;
}
