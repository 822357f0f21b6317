// Processes in known states for the kernel program's rows: says "r" on stdout when it is in place. Its end comes with the end of its stdin, or after two minutes.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void ready(void) { if (write(1, "r", 1) != 1) _exit(1); }
static int wait_for_stdin(void) { char byte; return read(0, &byte, 1) == 1; }
static void on_signal(int number) { (void)number; }

// fds 3 4: a pipe with three bytes in it; 5: 3 once more; 6 7: /dev/null, opened twice, 7 with close-on-exec; 8: 7 once more;
// 9: eventfd that counts 5; 10 epoll; 11 signalfd; 12 timerfd; 13 inotify; 14 pidfd of itself; 15 16: sockets; 17: a path opened with O_PATH
static void open_one_of_each(void)
{
    int pair[2], i;
    sigset_t none;
    sigemptyset(&none);
    if (pipe(pair) != 0 || write(pair[1], "abc", 3) != 3) _exit(1);
    dup(pair[0]);
    for (i = 0; i < 2; i++) open("/dev/null", O_RDWR | (i ? O_CLOEXEC : 0));
    dup(7);
    eventfd(5, 0);
    epoll_create1(EPOLL_CLOEXEC);
    signalfd(-1, &none, 0);
    timerfd_create(CLOCK_MONOTONIC, 0);
    inotify_init1(0);
    syscall(SYS_pidfd_open, getpid(), 0);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || open("/dev/null", O_PATH) != 17) _exit(1);
}

static void mask_signals(void)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, on_signal);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR2);
}

static void hold(int count)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = 2; fd < count - 1; fd = dup(0))
        if (fd < 0) _exit(1);
}

// The parent between this process and the last one lives for a moment only, under a name of its own.
static void leave_a_grandchild(void)
{
    int done[2];
    char byte;
    if (pipe(done) != 0) _exit(1);
    if (fork() == 0)
    {
        prctl(PR_SET_NAME, "short-lived");
        if (fork() == 0)
        {
            alarm(20);
            close(done[0]);
            close(done[1]);
            pause();
        }
        _exit(7);
    }
    close(done[1]);
    read(done[0], &byte, 1);
    wait(NULL);
}

static int sleep_forever(void *unused) { (void)unused; alarm(20); pause(); return 0; }

static void *wait_in_a_table_of_its_own(void *unused)
{
    unshare(CLONE_FILES);
    ready();
    pause();
    return unused;
}

int main(int count, char **words)
{
    const char *mode = count > 1 ? words[1] : "";
    static char stack[65536];
    pthread_t thread;
    timer_t timer;
    syscall(SYS_close_range, 3U, ~0U, 0); // whatever the tests were started with
    if (!strcmp(mode, "fds")) open_one_of_each();
    else if (!strcmp(mode, "signals")) mask_signals();
    else if (!strcmp(mode, "alarm")) { alarm(120); timer_create(CLOCK_MONOTONIC, NULL, &timer); }
    else if (!strcmp(mode, "many")) hold(atoi(words[2]));
    else if (!strcmp(mode, "leave")) leave_a_grandchild();
    else if (!strcmp(mode, "share")) clone(sleep_forever, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
    else if (!strcmp(mode, "unshare")) pthread_create(&thread, NULL, wait_in_a_table_of_its_own, NULL);
    else if (strcmp(mode, "wait")) return 2;
    if (strcmp(mode, "unshare")) ready();
    while (wait_for_stdin()) { dup(0); ready(); }
    return 0;
}
