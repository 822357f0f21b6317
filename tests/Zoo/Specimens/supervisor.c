/*
 * supervisor self-pipe|semaphore|queue: waits for a signal by design, and has an idle worker to whom it is joined by pipes.
 *
 *   self-pipe   polls the worker's output and a pipe that its handler writes to
 *   semaphore   its main thread waits for what its handler posts, another one reads the worker's output
 *   queue       its main thread waits for what its handler posts; both have both ends of the queue that the worker reads
 */
#include "zoo.h"
#include <poll.h>
#include <semaphore.h>

static int own[2];
static sem_t told;

static void on_signal(int signal)
{
    (void)signal;
    sem_post(&told);
    if (write(own[1], "", 1) < 0)
        return;
}

static void *collect(void *fd)
{
    thread_in_place();
    read_to_end(*(int *)fd);
    return NULL;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "self-pipe";
    announce("supervisor");
    int jobs[2], results[2];
    if (pipe2(own, O_CLOEXEC) < 0 || pipe(jobs) < 0 || pipe(results) < 0)
        die("pipe");
    sem_init(&told, 0, 0);
    int queue = strcmp(how, "queue") == 0;
    if (fork_or_die() == 0) {
        close(own[0]);
        close(own[1]);
        close(results[0]);
        if (!queue)
            close(jobs[1]);
        announce("worker");
        in_place();
        read_to_end(jobs[0]);
        _exit(0);
    }
    close(results[1]);
    if (!queue)
        close(jobs[0]);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    if (strcmp(how, "self-pipe") == 0) {
        struct pollfd watched[2] = {{.fd = own[0], .events = POLLIN}, {.fd = results[0], .events = POLLIN}};
        in_place();
        while (poll(watched, 2, -1) < 0 && errno == EINTR)
            ;
        return 0;
    }
    threads_to_come = queue ? 1 : 2;
    pthread_t thread;
    if (!queue && pthread_create(&thread, NULL, collect, &results[0]) != 0)
        die("pthread_create");
    thread_in_place();
    while (sem_wait(&told) < 0 && errno == EINTR)
        ;
    return 0;
}
