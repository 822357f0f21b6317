/*
 * load --processes N [--active K]: a machine's worth of processes that wait, for benchmarks and for comparing tools.
 *
 * N processes (a multiple of 10, at most 10,000) of 23 fds each, about half of them pipe ends, with 1 to 4 threads, 2.5 on average,
 * in crews of ten: a leader that waits for its nine children. Each member of a crew holds the read ends of five or six pipes whose
 * write ends the next one holds, and a unix socket to either neighbour; the rest are regular files, /dev/null, eventfds and an epoll.
 * As a program of some size does, each has a dozen shared libraries mapped. They block in wait4, read, poll, epoll_wait, nanosleep, pause and futex, and all of them can be woken: nothing here is hung.
 *
 * With --active K, K of them wake up in each second, one after another, to open an fd or to close it again.
 *
 * Runs as a specimen: zoo-keeper starts it, hears at fd 99 that all are in place, and ends all of it. Whoever loses its parent before
 * that is killed by the kernel.
 */
#include "../Zoo/Specimens/zoo.h"
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { CREW = 10, MOST_PROCESSES = 10000, FDS = 23, MOST_PIPES = 6, HIGH = 200, LIBRARIES = 12 };
enum { EPOLL = 3, EVENT = 4, SOCKET_NEXT = 5, SOCKET_PREVIOUS = 6, FIRST_PIPE = 7 };

/* Those of a crew whose wait ends by itself, and who therefore do the work that is asked for. */
static const int timed[] = {2, 5, 7};
enum { TIMED = sizeof timed / sizeof timed[0], HOUR_MS = 3600 * 1000 };

/* 57 pipes a crew: 11.4 ends a process. */
static const int pipes_read_by[CREW] = {6, 6, 6, 6, 6, 6, 6, 5, 5, 5};

static struct {
    int read[CREW][MOST_PIPES], write[CREW][MOST_PIPES], socket[CREW][2];
} crew;

static int processes = 1000, active;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

/* Out of the way of the numbers that it gets in the end. */
static int high(int fd)
{
    int moved = fcntl(fd, F_DUPFD, HIGH);
    if (fd < 0 || moved < 0)
        die("fcntl F_DUPFD");
    close(fd);
    return moved;
}

static void open_crew(void)
{
    for (int i = 0; i < CREW; i++) {
        int ends[2];
        for (int p = 0; p < pipes_read_by[i]; p++) {
            if (pipe(ends) < 0)
                die("pipe");
            crew.read[i][p] = high(ends[0]);
            crew.write[i][p] = high(ends[1]);
        }
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
            die("socketpair");
        crew.socket[i][0] = high(ends[0]);
        crew.socket[i][1] = high(ends[1]);
    }
}

static void put(int fd, int number)
{
    if (dup2(fd, number) < 0)
        die("dup2");
}

static void put_new(int fd, int number)
{
    if (fd < 0)
        die("open");
    if (fd == number)
        return;
    put(fd, number);
    close(fd);
}

static void watch(int fd)
{
    if (epoll_ctl(EPOLL, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd}) < 0)
        die("epoll_ctl");
}

/* The table of member i: 0 to 22, and the announcement until it is in place. 0, 1 and 2 are the keeper's /dev/null. */
static void take_fds(int i)
{
    int previous = (i + CREW - 1) % CREW, number = FIRST_PIPE;
    for (int p = 0; p < pipes_read_by[i]; p++)
        put(crew.read[i][p], number++);
    for (int p = 0; p < pipes_read_by[previous]; p++)
        put(crew.write[previous][p], number++);
    put(crew.socket[i][0], SOCKET_NEXT);
    put(crew.socket[previous][1], SOCKET_PREVIOUS);
    close_range(number, READY_FD - 1, 0);
    close_range(READY_FD + 1, ~0u, 0);
    put_new(epoll_create1(0), EPOLL);
    put_new(eventfd(0, 0), EVENT);
    for (int kind = 0; number < FDS; number++, kind++) {
        if (kind % 3 == 0)
            put_new(open("/proc/self/exe", O_RDONLY), number);
        else if (kind % 3 == 1)
            put_new(open("/dev/null", O_WRONLY), number);
        else
            put_new(eventfd(0, 0), number);
    }
    watch(FIRST_PIPE);
    watch(EVENT);
    watch(SOCKET_NEXT);
}

__attribute__((noreturn)) static void *wait_in_thread(void *kind)
{
    switch ((int)(long)kind) {
    case 0:
        pthread_mutex_lock(&lock);
        thread_in_place();
        for (;;)
            pthread_cond_wait(&never, &lock);
    case 1: {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 24 * 3600;
        pthread_mutex_lock(&lock);
        thread_in_place();
        for (;;)
            pthread_cond_timedwait(&never, &lock, &until);
    }
    default:
        thread_in_place();
        for (;;)
            poll(&(struct pollfd){.fd = EVENT, .events = POLLIN}, 1, -1);
    }
}

static void start_threads(int count)
{
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    threads_to_come = count + 1;
    for (long kind = 0; kind < count; kind++) {
        pthread_t thread;
        errno = pthread_create(&thread, &small, wait_in_thread, (void *)kind);
        if (errno != 0)
            die("pthread_create");
    }
}

/* A wait of that many milliseconds, in the way of member i. */
static void wait_timed(int i, int ms)
{
    struct pollfd set[3] = {{.fd = FIRST_PIPE, .events = POLLIN}, {.fd = EVENT, .events = POLLIN}, {.fd = SOCKET_NEXT, .events = POLLIN}};
    struct epoll_event event;
    if (i == timed[0])
        poll(set, 3, ms);
    else if (i == timed[1])
        nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
    else
        epoll_wait(EPOLL, &event, 1, ms);
}

/* Waits, and does its share of what --active asks for; the first time earlier than later ones, so that the crews take turns. */
_Noreturn static void work_now_and_then(int i, int turn)
{
    int all = processes / CREW * TIMED;
    long period = active == 0 ? HOUR_MS : 1000L * all / active;
    int ms = period > HOUR_MS ? HOUR_MS : (int)period, opened = -1;
    wait_timed(i, active == 0 ? ms : 1 + (int)((long)ms * turn / all));
    for (;;) {
        if (active == 0)
            ;
        else if (opened < 0) {
            opened = open("/dev/null", O_RDONLY);
        } else {
            close(opened);
            opened = -1;
        }
        wait_timed(i, ms);
    }
}

_Noreturn static void wait_for_all(void)
{
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    _exit(0);
}

_Noreturn static void block(int i, int turn)
{
    char byte;
    struct epoll_event event;
    thread_in_place();
    for (;;) {
        switch (i) {
        case 0:
            wait_for_all();
        case 1:
        case 3:
        case 8:
            if (read(FIRST_PIPE, &byte, 1) == 0)
                _exit(0);
            break;
        case 4:
            epoll_wait(EPOLL, &event, 1, -1);
            break;
        case 6:
            poll((struct pollfd[]){{.fd = FIRST_PIPE, .events = POLLIN}, {.fd = FIRST_PIPE + 1, .events = POLLIN}}, 2, -1);
            break;
        case 9:
            pause();
            break;
        default:
            work_now_and_then(i, turn);
        }
    }
}

static void end_with(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        die("prctl PR_SET_PDEATHSIG");
    if (getppid() != parent)
        _exit(0);
}

_Noreturn static void be_member(int number, int i)
{
    int turn = number / CREW * TIMED;
    for (int t = 0; t < TIMED; t++)
        if (timed[t] == i)
            turn += t;
    take_fds(i);
    start_threads(number % 4);
    block(i, turn);
}

_Noreturn static void lead_crew(int first)
{
    open_crew();
    pid_t leader = getpid();
    for (int i = 1; i < CREW; i++) {
        if (fork_or_die() == 0) {
            end_with(leader);
            be_member(first + i, i);
        }
    }
    be_member(first, 0);
}

/* In three parts, as the dynamic linker does it; never touched, so they cost no memory. Children inherit them. */
static void map_libraries(void)
{
    static const int parts[] = {PROT_READ, PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE};
    glob_t found;
    if (glob("/usr/lib/*-linux-gnu/lib*.so.[0-9]", 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc && i < LIBRARIES; i++) {
        int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);
        for (int p = 0; fd >= 0 && p < 3; p++)
            mmap(NULL, 4096, parts[p], MAP_PRIVATE, fd, 0);
        if (fd >= 0)
            close(fd);
    }
    globfree(&found);
}

static void raise_limit(int resource)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(resource, &limit);
    }
}

/* Every thread takes a pid; a machine without any left is of no use to anybody. */
static void leave_room(void)
{
    FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
    long most = 0;
    if (file == NULL || fscanf(file, "%ld", &most) != 1)
        die("/proc/sys/kernel/pid_max");
    fclose(file);
    if (processes * 5L / 2 > most - 2000) {
        dprintf(READY_FD, "error %d processes of 2.5 threads leave no room below kernel.pid_max, %ld\n", processes, most);
        _exit(70);
    }
}

static int number(const char *text, int most)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || *text == 0 || *end != 0 || value < 0 || value > most) {
        dprintf(READY_FD, "error '%s' is not a number from 0 to %d\n", text, most);
        _exit(2);
    }
    return (int)value;
}

int main(int argc, char **argv)
{
    pid_t keeper = getppid();
    int at = 1;
    for (; at + 1 < argc; at += 2) {
        if (strcmp(argv[at], "--processes") == 0)
            processes = number(argv[at + 1], MOST_PROCESSES);
        else if (strcmp(argv[at], "--active") == 0)
            active = number(argv[at + 1], MOST_PROCESSES);
        else
            break;
    }
    if (at != argc || processes % CREW != 0) {
        dprintf(READY_FD, "error usage: load --processes N [--active K], N a multiple of %d\n", CREW);
        return 2;
    }
    raise_limit(RLIMIT_NOFILE);
    raise_limit(RLIMIT_NPROC);
    leave_room();
    end_with(keeper);
    map_libraries();
    pid_t root = getpid();
    for (int first = 0; first < processes; first += CREW) {
        if (fork_or_die() == 0) {
            end_with(root);
            lead_crew(first);
        }
    }
    announce("load");
    in_place();
    wait_for_all();
}
