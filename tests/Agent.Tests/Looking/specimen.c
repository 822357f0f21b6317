// One process in one known state: says "r" on stdout just before it blocks, and dies by itself after two minutes.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <poll.h>
#include <unistd.h>

static int ends[2];

static void ready(void) { if (write(1, "r", 1) != 1) _exit(1); }

static void *read_pipe(void *unused) { char byte; ready(); return read(ends[0], &byte, 1) ? unused : NULL; }

static void *wait_in_poll(void *unused)
{
    struct pollfd set[3] = { { ends[0], POLLIN, 0 }, { -1, POLLIN, 0 }, { ends[1], POLLERR, 0 } };
    ready();
    poll(set, 3, -1);
    return unused;
}

static void wait_in_select(void)
{
    fd_set readers, exceptional;
    FD_ZERO(&readers);
    FD_ZERO(&exceptional);
    FD_SET(ends[0], &readers);
    FD_SET(ends[1], &exceptional);
    ready();
    select(ends[1] + 1, &readers, NULL, &exceptional, NULL);
}

static void wait_in_epoll(void)
{
    int set = epoll_create1(EPOLL_CLOEXEC), event = eventfd(0, 0);
    struct epoll_event wanted = { .events = EPOLLIN | EPOLLET };
    epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &wanted);
    epoll_ctl(set, EPOLL_CTL_ADD, event, &wanted);
    ready();
    epoll_wait(set, &wanted, 1, -1);
}

static void wait_for_pidfd(void)
{
    pid_t child = fork();
    if (child == 0) { prctl(PR_SET_PDEATHSIG, SIGKILL); pause(); _exit(0); }
    int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
    siginfo_t info;
    ready();
    waitid((idtype_t)3, (id_t)pidfd, &info, WEXITED); // P_PIDFD
}

// As many duplicates of one pipe end as asked for, or as the hard limit allows.
static void open_many(int number)
{
    struct rlimit limit = { (rlim_t)number, (rlim_t)number };
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    {
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    while (dup(ends[0]) >= 0) { }
}

// Children that are gone before anybody can have read all of them: at most eight at once, for three seconds at most.
static void fork_and_forget(int number)
{
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    ready();
    for (int made = 0, living = 0; made < number || living > 0;)
    {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - begin.tv_sec >= 3) number = made;
        if (made < number && living < 8)
        {
            if (fork() == 0) _exit(0);
            made++, living++;
        }
        else if (wait(NULL) > 0) living--;
    }
}

int main(int count, char **words)
{
    const char *mode = count > 1 ? words[1] : "";
    pthread_t thread;
    alarm(120);
    if (pipe2(ends, 0) != 0) return 1;
    if (!strcmp(mode, "read")) read_pipe(NULL);
    else if (!strcmp(mode, "poll")) wait_in_poll(NULL);
    else if (!strcmp(mode, "select")) wait_in_select();
    else if (!strcmp(mode, "epoll")) wait_in_epoll();
    else if (!strcmp(mode, "pidfd")) wait_for_pidfd();
    else if (!strcmp(mode, "name")) { prctl(PR_SET_NAME, words[2]); read_pipe(NULL); }
    else if (!strcmp(mode, "raw-name")) { prctl(PR_SET_NAME, "\xff\x80(\n) S 1 \xe2\x80"); read_pipe(NULL); }
    else if (!strcmp(mode, "fds")) { open_many(atoi(words[2])); read_pipe(NULL); }
    else if (!strcmp(mode, "forks")) { fork_and_forget(atoi(words[2])); read_pipe(NULL); }
    else if (!strcmp(mode, "threads"))
    {
        pthread_create(&thread, NULL, read_pipe, NULL);
        pthread_setname_np(thread, "second");
        pthread_join(thread, NULL);
    }
    else if (!strcmp(mode, "leader-exits"))
    {
        pthread_create(&thread, NULL, wait_in_poll, NULL);
        pthread_exit(NULL);
    }
    else if (!strcmp(mode, "zombie"))
    {
        pid_t child = fork();
        if (child == 0) _exit(3);
        siginfo_t info;
        waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
        read_pipe(NULL);
    }
    else if (!strcmp(mode, "timer"))
    {
        timer_t timer;
        timer_create(CLOCK_MONOTONIC, NULL, &timer);
        read_pipe(NULL);
    }
    else return 2;
    return 0;
}
