/*
 * locks FORM [living]: threads of one process that wait for each other or for themselves; with "living" one more thread works on.
 *   abba          two threads, two mutexes, each has one and wants the other
 *   ring          three threads, three mutexes
 *   self          a thread locks a mutex that it has
 *   handler       a signal handler locks the mutex that the interrupted code has
 *   owner-exited  a thread has exited with a mutex that others want
 *   join-held     main has a mutex and joins the thread that wants it
 *   joins         two threads join each other
 *   semaphore     nobody posts
 *   barrier       a party is missing
 *   upgrade       a reader of a rwlock wants to write
 *   upgrades      two threads read under a rwlock, and both want to write
 *   writers       a writer of a rwlock is wanted by a reader, and wants the mutex that the reader has
 *   readers       a reader of a rwlock wants the mutex of the one who waits for it to write
 *   nested        main has a mutex and waits on a condition with another one; who would signal wants the first
 *   waitv         futex_waitv(2) on two words that nobody writes
 *   once          an initialiser of pthread_once calls pthread_once for itself
 *   led           a thread has a mutex and waits for a semaphore, the next one wants the mutex, and main, who was to post, joins them
 *   atomic        a word is awaited while it is 2, as std::atomic of C++ does it, and nobody changes it
 *   changed       a thread changes the word that main waits at, wakes nobody, and exits
 * ZOO_FORM=healthy: the same program, in which whoever has the lock sleeps, and lets go of it one day.
 */
#include "zoo.h"
#include <linux/futex.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/syscall.h>

static pthread_mutex_t locks[3] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t held;
static pthread_t main_thread;
static int parties;
static bool healthy;

static void start(pthread_t *thread, void *(*run)(void *), long argument)
{
    if (pthread_create(thread, NULL, run, (void *)argument) != 0)
        die("pthread_create");
}

static void *work_on(void *unused)
{
    (void)unused;
    work();
}

static void *ring(void *argument)
{
    long me = (long)argument;
    pthread_mutex_lock(&locks[me]);
    pthread_barrier_wait(&held);
    thread_in_place();
    if (healthy && me == 0)
        work();
    pthread_mutex_lock(&locks[(me + 1) % parties]);
    return NULL;
}

static void in_ring(int threads)
{
    pthread_t ids[3];
    parties = threads;
    threads_to_come = threads + 1;
    pthread_barrier_init(&held, NULL, threads);
    for (long i = 0; i < threads; i++)
        start(&ids[i], ring, i);
    thread_in_place();
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
}

static void on_signal(int unused)
{
    (void)unused;
    in_place();
    pthread_mutex_lock(&locks[0]);
}

static void *exits_with_it(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&locks[0]);
    if (healthy) {
        pthread_barrier_wait(&held);
        work();
    }
    return NULL;
}

static void *wants_first(void *unused)
{
    (void)unused;
    thread_in_place();
    pthread_mutex_lock(&locks[0]);
    return NULL;
}

static void *joins_main(void *unused)
{
    (void)unused;
    thread_in_place();
    pthread_join(main_thread, NULL);
    return NULL;
}

static void *at_barrier(void *unused)
{
    (void)unused;
    thread_in_place();
    pthread_barrier_wait(&held);
    return NULL;
}

static void *reads(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&locks[0]);
    pthread_barrier_wait(&held);
    thread_in_place();
    pthread_rwlock_rdlock(&rwlock);
    return NULL;
}

static void *reads_first(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&rwlock);
    pthread_barrier_wait(&held);
    thread_in_place();
    if (healthy)
        work();
    pthread_mutex_lock(&locks[0]);
    return NULL;
}

static void *reads_and_writes(void *unused)
{
    pthread_rwlock_rdlock(&rwlock);
    pthread_barrier_wait(&held);
    thread_in_place();
    if (healthy)
        work();
    pthread_rwlock_wrlock(&rwlock);
    return unused;
}

static sem_t jobs;

static void *takes_a_job(void *unused)
{
    pthread_mutex_lock(&locks[0]);
    pthread_barrier_wait(&held);
    thread_in_place();
    while (sem_wait(&jobs) < 0 && errno == EINTR)
        ;
    return unused;
}

static void *takes_the_next(void *unused)
{
    pthread_barrier_wait(&held);
    thread_in_place();
    pthread_mutex_lock(&locks[0]);
    return unused;
}

static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static bool is_told;

static void *tells(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&held);
    thread_in_place();
    if (healthy)
        work();
    pthread_mutex_lock(&locks[0]);
    pthread_mutex_lock(&locks[1]);
    is_told = true;
    pthread_cond_signal(&told);
    return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialise(void)
{
    in_place();
    if (healthy)
        work();
    pthread_once(&once, initialise);
}

static uint32_t word;

/* Once main is asleep: FUTEX_WAIT of a word that has changed does not wait. */
static void *changes_word(void *unused)
{
    char path[64], call[8];
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)getpid());
    for (;;) {
        FILE *file = fopen(path, "re");
        if (file == NULL || fgets(call, sizeof call, file) == NULL)
            die(path);
        fclose(file);
        if (atoi(call) == SYS_futex)
            break;
        sched_yield();
    }
    in_place();
    if (healthy)
        work();
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    return unused;
}

int main(int argc, char **argv)
{
    const char *form = argc > 1 ? argv[1] : "abba";
    const char *said = getenv("ZOO_FORM");
    healthy = said && strcmp(said, "healthy") == 0;
    pthread_t thread;
    main_thread = pthread_self();
    announce("locks");
    if (argc > 2)
        start(&thread, work_on, 0);
    if (strcmp(form, "abba") == 0)
        in_ring(2);
    else if (strcmp(form, "ring") == 0)
        in_ring(3);
    else if (strcmp(form, "self") == 0) {
        pthread_mutex_lock(&locks[0]);
        in_place();
        if (healthy)
            work();
        pthread_mutex_lock(&locks[0]);
    } else if (strcmp(form, "handler") == 0) {
        sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL);
        pthread_mutex_lock(&locks[0]);
        raise(SIGUSR1);
    } else if (strcmp(form, "owner-exited") == 0) {
        pthread_barrier_init(&held, NULL, 2);
        start(&thread, exits_with_it, 0);
        if (healthy)
            pthread_barrier_wait(&held);
        else
            pthread_join(thread, NULL);
        in_place();
        pthread_mutex_lock(&locks[0]);
    } else if (strcmp(form, "join-held") == 0) {
        threads_to_come = 2;
        pthread_mutex_lock(&locks[0]);
        start(&thread, wants_first, 0);
        thread_in_place();
        if (healthy)
            work();
        pthread_join(thread, NULL);
    } else if (strcmp(form, "joins") == 0) {
        threads_to_come = 2;
        start(&thread, joins_main, 0);
        thread_in_place();
        pthread_join(thread, NULL);
        pause();
    } else if (strcmp(form, "semaphore") == 0) {
        sem_t done;
        sem_init(&done, 0, 0);
        in_place();
        while (sem_wait(&done) < 0 && errno == EINTR)
            ;
    } else if (strcmp(form, "barrier") == 0) {
        threads_to_come = 3;
        pthread_barrier_init(&held, NULL, 4);
        start(&thread, at_barrier, 0);
        start(&thread, at_barrier, 0);
        at_barrier(NULL);
    } else if (strcmp(form, "upgrade") == 0) {
        pthread_rwlock_rdlock(&rwlock);
        in_place();
        pthread_rwlock_wrlock(&rwlock);
    } else if (strcmp(form, "upgrades") == 0) {
        threads_to_come = 3;
        pthread_barrier_init(&held, NULL, 2);
        pthread_t other;
        start(&thread, reads_and_writes, 0);
        start(&other, reads_and_writes, 0);
        thread_in_place();
        pthread_join(thread, NULL);
        pthread_join(other, NULL);
    } else if (strcmp(form, "led") == 0) {
        threads_to_come = 3;
        pthread_barrier_init(&held, NULL, 2);
        sem_init(&jobs, 0, 0);
        pthread_t next;
        start(&thread, takes_a_job, 0);
        start(&next, takes_the_next, 0);
        thread_in_place();
        if (healthy)
            work();
        pthread_join(thread, NULL);
    } else if (strcmp(form, "atomic") == 0) {
        word = 2;
        in_place();
        while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 2)
            syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL, NULL, 0);
    } else if (strcmp(form, "writers") == 0) {
        threads_to_come = 2;
        pthread_barrier_init(&held, NULL, 2);
        pthread_rwlock_wrlock(&rwlock);
        start(&thread, reads, 0);
        pthread_barrier_wait(&held);
        thread_in_place();
        pthread_mutex_lock(&locks[0]);
    } else if (strcmp(form, "readers") == 0) {
        threads_to_come = 2;
        pthread_barrier_init(&held, NULL, 2);
        pthread_mutex_lock(&locks[0]);
        start(&thread, reads_first, 0);
        pthread_barrier_wait(&held);
        thread_in_place();
        pthread_rwlock_wrlock(&rwlock);
    } else if (strcmp(form, "nested") == 0) {
        threads_to_come = 2;
        pthread_barrier_init(&held, NULL, 2);
        start(&thread, tells, 0);
        pthread_mutex_lock(&locks[0]);
        pthread_mutex_lock(&locks[1]);
        pthread_barrier_wait(&held);
        thread_in_place();
        while (!is_told)
            pthread_cond_wait(&told, &locks[1]);
    } else if (strcmp(form, "waitv") == 0) {
        static uint32_t words[2];
        struct futex_waitv futexes[] = {{.uaddr = (uintptr_t)&words[0], .flags = FUTEX_32}, {.uaddr = (uintptr_t)&words[1], .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG}};
        struct timespec someday = {.tv_sec = 1000000000};
        in_place();
        if (syscall(SYS_futex_waitv, futexes, 2, 0, healthy ? &someday : NULL, CLOCK_MONOTONIC) < 0)
            die("futex_waitv");
    } else if (strcmp(form, "once") == 0) {
        pthread_once(&once, initialise);
    } else if (strcmp(form, "changed") == 0) {
        start(&thread, changes_word, 0);
        while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0)
            syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    }
    return 0;
}
