// One process in one known state: says "r" on stdout just before it blocks, and dies by itself after two minutes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
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

// The same program under the same name, with other arguments.
static void again(const char *mode)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0) _exit(1);
    path[length] = 0;
    execl(path, path, mode, NULL);
}

// Does what the letters on stdin say, and waits for the next in between.
static void obey(void)
{
    char letter;
    ready();
    while (read(0, &letter, 1) == 1)
    {
        if (letter == 'c') close(ends[1]);
        if (letter == 'x') again("read");
    }
}

static pid_t sleeping_child(void)
{
    pid_t child = fork();
    if (child == 0) { alarm(120); pause(); _exit(0); }
    return child;
}

// A child that dies with its parent.
static pid_t child(void)
{
    pid_t pid = fork();
    if (pid == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

// fds 5 and 6, one with the parent and one with the child, which both read.
static void socket_pair(void)
{
    int pair[2];
    char byte;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    pid_t pid = child();
    close(pair[pid == 0 ? 0 : 1]);
    if (pid != 0) ready();
    recv(pair[pid == 0 ? 1 : 0], &byte, 1, 0);
}

// fd 5 listens on loopback, 6 is connected to it, 7 is what was accepted.
static void tcp_pair(int accepts)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 5)
        || getsockname(listener, (struct sockaddr *)&address, &length) || connect(client, (struct sockaddr *)&address, length)) _exit(1);
    if (accepts) accept(listener, NULL, NULL);
}

static void receive(int fd)
{
    char byte;
    ready();
    for (;;) recv(fd, &byte, 1, 0);
}

static void receive_with_timeouts(void)
{
    struct timeval seven = { .tv_sec = 7 };
    int user = 9000;
    tcp_pair(1);
    setsockopt(6, SOL_SOCKET, SO_RCVTIMEO, &seven, sizeof seven);
    setsockopt(6, IPPROTO_TCP, TCP_USER_TIMEOUT, &user, sizeof user);
    receive(6);
}

// The same sockets, but in a network of its own, with a unix listener, fd 8.
static void own_network(void)
{
    struct ifreq loopback = { .ifr_name = "lo" };
    struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0orphan-specimen" };
    if (unshare(CLONE_NEWNET)) _exit(77);
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    ioctl(any, SIOCGIFFLAGS, &loopback);
    loopback.ifr_flags |= IFF_UP;
    if (ioctl(any, SIOCSIFFLAGS, &loopback)) _exit(1);
    close(any);
    tcp_pair(1);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&name, sizeof(sa_family_t) + 16) || listen(listener, 5)) _exit(1);
    receive(6);
}

// Two connections to one unix listener, fd 5: by fd 6, accepted as 7, and by fd 8, which nobody accepts.
static void unix_listener(void)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    socklen_t length = sizeof(sa_family_t);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), first = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&name, length) || listen(listener, 5)) _exit(1); // The kernel chooses an abstract name.
    length = sizeof name;
    getsockname(listener, (struct sockaddr *)&name, &length);
    connect(first, (struct sockaddr *)&name, length);
    accept(listener, NULL, NULL);
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, length);
    if (write(first, "abc", 3) == 3) receive(8);
}

static void descriptor_in_flight(void)
{
    int pair[2];
    char byte = 'x', control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &ends[1], sizeof(int));
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    sendmsg(pair[0], &message, 0);
    close(ends[1]);
    read_pipe(NULL);
}

// fd 5 is locked by flock, bytes 5 to 14 of fd 6 by fcntl; a child waits for each.
static void locks(const char *path, const char *other)
{
    struct flock some = { .l_type = F_WRLCK, .l_start = 5, .l_len = 10 }, all = { .l_type = F_WRLCK };
    int whole = open(path, O_RDWR | O_CREAT, 0600), part = open(other, O_RDWR | O_CREAT, 0600);
    flock(whole, LOCK_EX);
    fcntl(part, F_SETLK, &some);
    if (child() == 0) { flock(open(path, O_RDWR), LOCK_EX); _exit(0); }
    if (child() == 0) { fcntl(part, F_SETLKW, &all); _exit(0); }
    read_pipe(NULL);
}

// fd 5 is /dev/ptmx, fd 6 its other side.
static void pseudo_terminal(void)
{
    char byte;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    grantpt(master);
    unlockpt(master);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    ready();
    if (read(slave, &byte, 1) < 0) _exit(1);
}

static void queue(void)
{
    char name[32], message[8192];
    snprintf(name, sizeof name, "/specimen-%d", getpid());
    mqd_t mq = mq_open(name, O_CREAT | O_RDWR, 0600, NULL);
    mq_unlink(name);
    if (mq == -1) _exit(77);
    ready();
    mq_receive(mq, message, sizeof message, NULL);
}

// 5 and 6 are one description of a file, 7 another one; 8 is a duplicate of the pipe's read end, and a child has all of them again.
static void duplicates(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT, 0600);
    dup(file);
    open(path, O_RDWR);
    dup(ends[0]);
    if (child() == 0) for (;;) pause();
    read_pipe(NULL);
}

static void shared_table(void)
{
    if (syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0) == 0)
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
    }
    read_pipe(NULL);
}

// USR1 waits for the thread, USR2 for the process; both are blocked.
static void pending_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR2);
    read_pipe(NULL);
}

static void removed_memory(void)
{
    int id = shmget(IPC_PRIVATE, 12345, IPC_CREAT | 0600);
    void *memory = shmat(id, NULL, 0);
    shmctl(id, IPC_RMID, NULL); // It goes when nobody has it attached any more.
    if (memory != (void *)-1) read_pipe(NULL);
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
    syscall(SYS_close_range, 3, ~0u, 0); // Whatever the test's own starter left open: fds have the numbers told above.
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
        timer_settime(timer, 0, &(struct itimerspec){.it_value.tv_sec = 3600}, NULL);
        read_pipe(NULL);
    }
    else if (!strcmp(mode, "obey")) obey();
    else if (!strcmp(mode, "sleeping-child")) { sleeping_child(); read_pipe(NULL); }
    else if (!strcmp(mode, "brief-parent"))
    {
        if (fork() == 0) { prctl(PR_SET_NAME, "brief"); sleeping_child(); _exit(0); }
        wait(NULL);
        read_pipe(NULL);
    }
    else if (!strcmp(mode, "seizes-child"))
    {
        if (ptrace(PTRACE_SEIZE, sleeping_child(), NULL, NULL) != 0) return 1;
        read_pipe(NULL);
    }
    else if (!strcmp(mode, "socket-pair")) socket_pair();
    else if (!strcmp(mode, "tcp-pair")) { tcp_pair(1); receive(6); }
    else if (!strcmp(mode, "tcp-pending")) { tcp_pair(0); receive(6); }
    else if (!strcmp(mode, "timeouts")) receive_with_timeouts();
    else if (!strcmp(mode, "own-network")) own_network();
    else if (!strcmp(mode, "unix-listener")) unix_listener();
    else if (!strcmp(mode, "in-flight")) descriptor_in_flight();
    else if (!strcmp(mode, "locks")) locks(words[2], words[3]);
    else if (!strcmp(mode, "pty")) pseudo_terminal();
    else if (!strcmp(mode, "queue")) queue();
    else if (!strcmp(mode, "fifo")) { mkfifo(words[2], 0600); ends[0] = open(words[2], O_RDWR); read_pipe(NULL); }
    else if (!strcmp(mode, "duplicates")) duplicates(words[2]);
    else if (!strcmp(mode, "shared-table")) shared_table();
    else if (!strcmp(mode, "signals")) pending_signals();
    else if (!strcmp(mode, "shared-memory")) removed_memory();
    else if (!strcmp(mode, "sleep")) { ready(); sleep(100); }
    else return 2;
    return 0;
}
