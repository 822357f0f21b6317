// Processes in known states for the kernel program's rows: says "r" on stdout when it is in place. Its end comes with the end of its stdin, or after two minutes.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void ready(void) { if (write(1, "r", 1) != 1) _exit(1); }
static int wait_for_stdin(void) { char byte; return read(0, &byte, 1) == 1; }
static void on_signal(int number) { (void)number; }
static void on_other_signal(int number) { (void)write(2, &number, 0); }

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

// An io_uring: its fd open (ring), closed with its mapping left (mapped), or none and nothing mapped of it (bare); or closed and gone (over). fd 3: an eventfd that it is to add to, and 4: one that it is not.
static void make_ring(const char *how)
{
    struct io_uring_params params = {0};
    int bare = !strcmp(how, "bare"), given = eventfd(0, EFD_CLOEXEC), own = eventfd(0, EFD_CLOEXEC);
    if (bare) {
        char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        params.flags = 1U << 14 | 1U << 15; // IORING_SETUP_NO_MMAP, IORING_SETUP_REGISTERED_FD_ONLY
        params.sq_off.resv2 = (unsigned long)memory; // user_addr
        params.cq_off.resv2 = (unsigned long)memory + 4096;
    }
    int ring = (int)syscall(SYS_io_uring_setup, 4, &params);
    if (given != 3 || own != 4 || ring < 0) _exit(3);
    if (bare) return;
    if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_EVENTFD, &given, 1) != 0) _exit(1);
    if (!strcmp(how, "mapped") && mmap(NULL, 4096, PROT_READ, MAP_SHARED, ring, IORING_OFF_SQ_RING) == MAP_FAILED) _exit(1);
    if (strcmp(how, "ring")) close(ring);
}

// An AIO context, with a request that adds to the eventfd at fd 3 when it ends.
static void make_context(void)
{
    aio_context_t context = 0;
    int given = eventfd(0, EFD_CLOEXEC), ends[2];
    if (given != 3 || pipe(ends) != 0 || syscall(SYS_io_setup, 4, &context) != 0) _exit(1);
    struct iocb request = {.aio_fildes = (unsigned)ends[0], .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = 1, .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = (unsigned)given};
    struct iocb *list = &request;
    if (syscall(SYS_io_submit, context, 1, &list) != 1) _exit(1);
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

// fds 3 4: a pair, in whose queue a descriptor lies
static void send_a_descriptor(void)
{
    char byte = 'x', room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec text = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int pair[2];
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &(int){0}, sizeof(int));
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || sendmsg(pair[0], &message, 0) != 1) _exit(1);
}

// fds 3: its directory, watched (F_NOTIFY); 4: the same, and not; 5 6: a pipe, 5 with O_ASYNC; 7: a queue with mq_notify(); 8: another without
static void ask_for_signals(void)
{
    struct mq_attr small = {.mq_maxmsg = 1, .mq_msgsize = 8};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGURG};
    char name[32];
    int i, pair[2];
    for (i = 0; i < 2; i++) open(".", O_RDONLY | O_DIRECTORY);
    if (fcntl(3, F_NOTIFY, DN_RENAME | DN_MULTISHOT) != 0 || pipe(pair) != 0 || fcntl(5, F_SETFL, O_ASYNC) != 0) _exit(1);
    for (i = 0; i < 2; i++)
    {
        snprintf(name, sizeof name, "/still-%d-%d", getpid(), i);
        if (mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &small) != 7 + i || mq_unlink(name) != 0) _exit(1);
    }
    if (mq_notify(7, &event) != 0) _exit(1);
}

// A child whose end it is told of by SIGUSR2. The child has its stdin, and ends with it.
static void make_an_odd_child(void)
{
    if (syscall(SYS_clone, SIGUSR2, NULL, NULL, NULL, NULL) == 0)
    {
        alarm(120);
        prctl(PR_SET_NAME, "odd-child");
        pause();
    }
}

// Reads its own terminal, at 4, of which it has the master at 3.
static void read_a_terminal(const char *tenths)
{
    struct termios modes;
    char byte;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master != 3 || grantpt(master) != 0 || unlockpt(master) != 0 || open(ptsname(master), O_RDWR | O_NOCTTY) != 4 || tcgetattr(4, &modes) != 0) _exit(1);
    if (*tenths)
    {
        cfmakeraw(&modes);
        modes.c_cc[VMIN] = 0;
        modes.c_cc[VTIME] = atoi(tenths);
    }
    if (tcsetattr(4, TCSANOW, &modes) != 0) _exit(1);
    alarm(120);
    ready();
    for (;;) read(4, &byte, 1);
}

// Both ends of a loopback connection, 3 and 4. At 3 more was sent than is taken, and TCP is to give up after 90 s; nobody waits for either.
static void send_what_nobody_takes(void)
{
    static char block[65536];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    unsigned milliseconds = 90000;
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), taken, full;
    if (bind(server, (struct sockaddr *)&address, length) != 0 || listen(server, 1) != 0 || getsockname(server, (struct sockaddr *)&address, &length) != 0) _exit(1);
    connect(client, (struct sockaddr *)&address, length);
    taken = accept(server, NULL, NULL);
    dup2(client, 3);
    if (client != 3) close(client);
    if (taken != 4 && (dup2(taken, 4) != 4 || close(taken) != 0)) _exit(1);
    if (setsockopt(3, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds) != 0) _exit(1);
    while ((full = write(3, block, sizeof block)) > 0) {}
}

/* Three: the one in the middle runs out in an hour. */
static void make_timers(bool set)
{
    timer_t timers[3];
    for (int i = 0; i < 3; i++)
        timer_create(CLOCK_MONOTONIC, NULL, &timers[i]);
    if (set)
        timer_settime(timers[1], 0, &(struct itimerspec){.it_value.tv_sec = 3600}, NULL);
}

int main(int count, char **words)
{
    const char *mode = count > 1 ? words[1] : "";
    static char stack[65536];
    pthread_t thread;
    syscall(SYS_close_range, 3U, ~0U, 0); // whatever the tests were started with
    if (!strcmp(mode, "fds")) open_one_of_each();
    else if (!strcmp(mode, "signals")) mask_signals();
    else if (!strcmp(mode, "alarm")) { alarm(120); make_timers(true); }
    else if (!strcmp(mode, "unset-timers")) make_timers(false);
    else if (!strcmp(mode, "many")) hold(atoi(words[2]));
    else if (!strcmp(mode, "leave")) leave_a_grandchild();
    else if (!strcmp(mode, "share")) clone(sleep_forever, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
    else if (!strcmp(mode, "unshare")) pthread_create(&thread, NULL, wait_in_a_table_of_its_own, NULL);
    else if (!strcmp(mode, "uring")) make_ring(words[2]);
    else if (!strcmp(mode, "handlers")) { signal(SIGCHLD, on_signal); signal(SIGTERM, on_signal); signal(SIGHUP, on_other_signal); }
    else if (!strcmp(mode, "aio")) make_context();
    else if (!strcmp(mode, "unsent")) send_what_nobody_takes();
    else if (!strcmp(mode, "in-flight")) send_a_descriptor();
    else if (!strcmp(mode, "signalled")) ask_for_signals();
    else if (!strcmp(mode, "odd-child")) make_an_odd_child();
    else if (!strcmp(mode, "terminal")) read_a_terminal(words[2]);
    else if (strcmp(mode, "wait")) return 2;
    if (strcmp(mode, "unshare")) ready();
    while (wait_for_stdin()) { dup(0); ready(); }
    return 0;
}
