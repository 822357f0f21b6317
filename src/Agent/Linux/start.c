/*
 * What can only be done before the .NET runtime starts, which is too late for all of it. Linked into the native program; where it is built without (for
 * tests, under CoreCLR), the agent takes SIGPIPE to have been at its default.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* As env(1), and GuardCommand. */
enum { FAILED = 125, CANNOT_RUN = 126, NOT_FOUND = 127 };

/* What guard has come to use at most, its helper included, with room to spare. */
enum { THREADS = 24 };
static const size_t ADDRESSES = (size_t)256 << 20;

static int pipe_was_ignored;

/* The runtime ignores SIGPIPE as it starts. */
int orphan_agent_pipe_was_ignored(void) { return pipe_was_ignored; }

static void *wait_for_the_others(void *all) { return sem_wait(all) < 0 ? all : NULL; }

/* Whether the runtime and guard can start: they end with a message of the runtime's, or none, where a thread cannot. */
static int has_room(void)
{
    void *addresses = mmap(NULL, ADDRESSES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (addresses == MAP_FAILED)
        return 0;
    munmap(addresses, ADDRESSES);
    pthread_t threads[THREADS];
    pthread_attr_t small;
    sem_t all;
    int count = 0;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 * 1024);
    sem_init(&all, 0, 0);
    while (count < THREADS && pthread_create(&threads[count], &small, wait_for_the_others, &all) == 0)
        count++;
    for (int i = 0; i < count; i++)
        sem_post(&all);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return count == THREADS;
}

/* The command in guard's place: what it was to be watched by cannot start. Returns where it is not plain which words are the command. */
static void run_unwatched(int argc, char **argv)
{
    const char *little = "orphan-agent: guard: too little memory (ulimit -v) or too few processes (ulimit -u) for it";
    for (int i = 2; i < argc - 1; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        fprintf(stderr, "%s: the command runs, and nobody watches it\n", little);
        execvp(argv[i + 1], argv + i + 1);
        int error = errno;
        fprintf(stderr, "orphan-agent: guard: the command cannot be run: %s\n", strerror(error));
        _exit(error == ENOENT ? NOT_FOUND : CANNOT_RUN);
    }
    fprintf(stderr, "%s; raise the limit, or put -- before the command to have it run without\n", little);
    _exit(FAILED);
}

/*
 * The runtime writes all of its tables as it starts, 4.5 MB behind the data of the file: to take a fault for each page costs a third of a start. In large pages
 * where the machine has them, at once where it has not; an older kernel knows neither and goes on as before.
 */
static void make_room_for_tables(void)
{
    extern char __bss_start[], _end[];
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t begin = ((uintptr_t)__bss_start + page - 1) & -page, end = ((uintptr_t)_end + page - 1) & -page;
    madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
}

__attribute__((constructor)) static void before_the_runtime(int argc, char **argv)
{
    struct sigaction before;
    pipe_was_ignored = sigaction(SIGPIPE, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
    /* Each thread would set 64 MiB of addresses apart, of which a ulimit -v leaves few; the agent's threads hardly allocate natively. */
    mallopt(M_ARENA_MAX, 1);
    make_room_for_tables();
    if (argc > 1 && strcmp(argv[1], "guard") == 0 && !has_room())
        run_unwatched(argc, argv);
}
