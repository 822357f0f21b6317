/*
 * What every specimen of the zoo shares: how it says who it is and that it is in place.
 *
 * zoo-keeper starts a specimen with a pipe at fd 99. Each process writes one line `role NAME PID` there and closes fd 99
 * just before its last thread blocks for good (exec closes it too, where it is marked so). The keeper reads end of file
 * when all have done so: the specimen is in place, and nothing of the announcement is left in its fd tables.
 */
#ifndef ZOO_H
#define ZOO_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_FD = 99 };

static inline void announce(const char *role)
{
    dprintf(READY_FD, "role %s %d\n", role, (int)getpid());
}

/*
 * Some objects outlive their maker, and the keeper removes them: 's' a System V semaphore set, 'q' a queue, 'h' shared memory, each by id; 'm' a POSIX queue, 'n' a semaphore, 'f' a file, each by name.
 */
static inline void leaves_behind(char kind, const char *name)
{
    dprintf(READY_FD, "leaves %c %s\n", kind, name);
}

_Noreturn static inline void die(const char *what)
{
    dprintf(READY_FD, "error %s: %s\n", what, strerror(errno));
    _exit(70);
}

/* The calling process blocks for good with its very next step. */
static inline void in_place(void)
{
    close(READY_FD);
}

/*
 * For those who are busy by design: whatever else stands on the machine goes first. Where each session is a group of the
 * scheduler (autogroup, sched(7)), nice(2) weighs within the session alone.
 */
static inline void stand_back(void)
{
    if (nice(19) != 19)
        die("nice");
    int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, "19", 2) < 0 && errno != EAGAIN)
        die("/proc/self/autogroup");
    close(fd);
}

/* For processes of several threads: each calls it before it blocks, the last of them closes the announcement. */
static atomic_int threads_to_come __attribute__((unused));

static inline void thread_in_place(void)
{
    if (atomic_fetch_sub(&threads_to_come, 1) == 1)
        in_place();
}

/* pipe2(2) with both ends at wanted numbers, close-on-exec. Numbers above 20 are free to begin with. */
static inline void pipe_at(int read_fd, int write_fd)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe2");
    int r = fcntl(ends[0], F_DUPFD_CLOEXEC, 200), w = fcntl(ends[1], F_DUPFD_CLOEXEC, 200);
    if (r < 0 || w < 0)
        die("fcntl F_DUPFD_CLOEXEC");
    close(ends[0]);
    close(ends[1]);
    if (dup3(r, read_fd, O_CLOEXEC) < 0 || dup3(w, write_fd, O_CLOEXEC) < 0)
        die("dup3");
    close(r);
    close(w);
}

static inline pid_t fork_or_die(void)
{
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    return pid;
}

static inline void wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
}

static inline void read_to_end(int fd)
{
    char buffer[4096];
    ssize_t got;
    while ((got = read(fd, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR))
        ;
}

static inline void on_told(int signal)
{
    (void)signal;
}

/* With ZOO_TOLD set it has a handler of SIGTERM, which could do whatever somebody waits for: by what is to be seen, that may be its design. */
static inline void may_be_told(void)
{
    if (getenv("ZOO_TOLD") != NULL && sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_told, .sa_flags = SA_RESTART}, NULL) < 0)
        die("sigaction");
}

/* Work that goes on for ever, in small steps. */
_Noreturn static inline void work(void)
{
    for (;;)
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
}

/* A copy of a descriptor into the queue of a unix socket (SCM_RIGHTS of unix(7)), which a child has that is at work, and nothing else.
 * Root has it sent by nobody: of whoever has descriptors on their way less is proven, here of all other specimens. */
static inline void carry(int fd)
{
    int queue[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, queue) < 0)
        die("socketpair");
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof fd)];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    struct iovec byte = {.iov_base = "", .iov_len = 1};
    pid_t sender = fork_or_die();
    if (sender == 0) {
        struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
        if ((geteuid() == 0 && setresuid(65534, 65534, 65534) < 0) || sendmsg(queue[0], &message, 0) < 0)
            die("sendmsg");
        _exit(0);
    }
    wait_for(sender);
    if (fork_or_die() == 0) {
        close_range(3, queue[1] - 1, 0);
        announce("carrier");
        in_place();
        work();
    }
    close(queue[0]);
    close(queue[1]);
}

/* A program that does something of its own: the exec closes its announcement. */
_Noreturn static inline void become(const char *role, char *const argv[])
{
    announce(role);
    fcntl(READY_FD, F_SETFD, FD_CLOEXEC);
    execvp(argv[0], argv);
    fcntl(READY_FD, F_SETFD, 0);
    die(argv[0]);
}
#endif
