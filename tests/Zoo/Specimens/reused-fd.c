/*
 * reused-fd: a thread reads a pipe whose only writer is the process itself; another thread had put that pipe at this fd before, with dup2(2).
 * ZOO_FORM=healthy: it does so while the first one reads already, and that one still waits for the pipe that was there, to which a sleeper writes some day. /proc shows
 * the same as of the hang, but for the sleeper.
 */
#include "zoo.h"

static atomic_int reader;

static void *reads(void *unused)
{
    (void)unused;
    reader = gettid();
    read_to_end(30);
    return NULL;
}

/* Until the reader sleeps in its call. */
static void wait_until_reading(void)
{
    char line[256], path[64];
    for (bool reading = false; !reading; sched_yield()) {
        snprintf(path, sizeof path, "/proc/self/task/%d/syscall", reader);
        FILE *file = fopen(path, "r");
        reading = file && fgets(line, sizeof line, file) && strncmp(line, "0 0x1e ", 7) == 0;
        if (file)
            fclose(file);
    }
}

static void replace(void)
{
    if (dup2(32, 30) < 0)
        die("dup2");
    close(32);
}

int main(void)
{
    const char *form = getenv("ZOO_FORM");
    bool healthy = form && strcmp(form, "healthy") == 0;
    pipe_at(30, 31);
    pipe_at(32, 33);
    if (healthy && fork_or_die() == 0) {
        close(30);
        close(32);
        close(33);
        announce("sleeper");
        in_place();
        work();
    }
    close(31);
    announce("reused-fd");
    if (!healthy)
        replace();
    pthread_t thread;
    if (pthread_create(&thread, NULL, reads, NULL) != 0)
        die("pthread_create");
    wait_until_reading();
    if (healthy)
        replace();
    in_place();
    pthread_join(thread, NULL);
    return 0;
}
