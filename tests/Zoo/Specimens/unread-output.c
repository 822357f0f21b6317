/*
 * unread-output wait|threads: a parent that redirects the output of a child and waits for it to exit before it reads: in wait4, or in a condition variable
 * that a thread which waits for the child signals. ZOO_FORM=quiet: the child has little to say, and is at work.
 */
#include "zoo.h"

static pid_t child;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;

static void *reap(void *unused)
{
    thread_in_place();
    wait_for(child);
    pthread_cond_signal(&ended);
    return unused;
}

int main(int argc, char **argv)
{
    const char *form = getenv("ZOO_FORM");
    announce("parent");
    int output[2];
    if (pipe2(output, O_CLOEXEC) < 0)
        die("pipe2");
    child = fork_or_die();
    if (child == 0) {
        static char block[1 << 20];
        dup2(output[1], 1);
        close(output[0]);
        close(output[1]);
        announce("child");
        in_place();
        if (form != NULL && strcmp(form, "quiet") == 0)
            work();
        _exit(write(1, block, sizeof block) < 0);
    }
    may_be_told();
    close(output[1]);
    if (argc > 1 && strcmp(argv[1], "threads") == 0) {
        threads_to_come = 2;
        pthread_t thread;
        if (pthread_create(&thread, NULL, reap, NULL) != 0)
            die("pthread_create");
        pthread_mutex_lock(&lock);
        thread_in_place();
        pthread_cond_wait(&ended, &lock);
    } else {
        in_place();
        wait_for(child);
    }
    read_to_end(output[0]);
    return 0;
}
