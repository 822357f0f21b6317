/*
 * pools FORM: threads that wait for locks with which nothing is wrong.
 *   leader   one of three threads has the mutex and sits in accept, the others want the mutex
 *   timed    two threads want each other's mutex, and give up after a time
 *   inherit  a priority-inheriting mutex whose owner sleeps
 *   idle     workers wait on a condition for work, main for SIGTERM
 */
#include "zoo.h"
#include <sys/socket.h>
#include <sys/un.h>

static pthread_mutex_t locks[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_cond_t work_came = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t held;
static int listener;

static void *follow(void *unused)
{
    (void)unused;
    thread_in_place();
    pthread_mutex_lock(&locks[0]);
    accept(listener, NULL, NULL);
    return NULL;
}

static void *crosswise(void *argument)
{
    long me = (long)argument;
    pthread_mutex_lock(&locks[me]);
    pthread_barrier_wait(&held);
    thread_in_place();
    for (;;) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 200;
        pthread_mutex_timedlock(&locks[1 - me], &until);
    }
    return NULL;
}

static void *want_first(void *unused)
{
    (void)unused;
    thread_in_place();
    pthread_mutex_lock(&locks[0]);
    return NULL;
}

static void *idle(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&locks[0]);
    thread_in_place();
    for (;;)
        pthread_cond_wait(&work_came, &locks[0]);
    return NULL;
}

static void start(void *(*run)(void *), long argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, (void *)argument) != 0)
        die("pthread_create");
}

static void on_term(int unused)
{
    (void)unused;
    pthread_cond_broadcast(&work_came);
}

int main(int argc, char **argv)
{
    const char *form = argc > 1 ? argv[1] : "leader";
    announce("pools");
    threads_to_come = 3;
    if (strcmp(form, "leader") == 0) {
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        snprintf(name.sun_path, sizeof name.sun_path, "./pools-%d", (int)getpid());
        listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind(listener, (struct sockaddr *)&name, sizeof name) < 0 || listen(listener, 5) < 0)
            die("listen");
        start(follow, 0);
        start(follow, 0);
        follow(NULL);
    } else if (strcmp(form, "timed") == 0) {
        pthread_barrier_init(&held, NULL, 2);
        threads_to_come = 2;
        start(crosswise, 1);
        crosswise((void *)0);
    } else if (strcmp(form, "inherit") == 0) {
        pthread_mutexattr_t inherits;
        pthread_mutexattr_init(&inherits);
        pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT);
        pthread_mutex_init(&locks[0], &inherits);
        pthread_mutex_lock(&locks[0]);
        start(want_first, 0);
        start(want_first, 0);
        thread_in_place();
        work();
    } else if (strcmp(form, "idle") == 0) {
        sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_term}, NULL);
        start(idle, 0);
        start(idle, 0);
        idle(NULL);
    }
    return 0;
}
