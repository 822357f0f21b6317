// Processes that whoever reads of them gets stuck with: says "r" on stdout when they are in place.
// A FUSE file system in a mount namespace of its own, whose server reads every request and answers some. Its end frees all that wait for it; it ends
// when nobody holds the other end of its stdin any more. (A process that is killed while its memory lock is held does not come to its end by itself.)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Nodes from PAGES on are files of their own, named page0 to page9. Nothing here lives long: who is stuck stops others that look.
enum { ROOT = 1, NEVER = 2, PROGRAM = 3, PAGES = 100, LIFETIME = 60, PAGE = 4096 };

static const char *own_program, *mount_point;
static char path[512];
// Shared with the server: after it is set nothing is answered any more.
static atomic_int *frozen;
static atomic_int *unanswered;
static atomic_int *mapper;

static void check(int failed, const char *what) { if (failed) { perror(what); _exit(9); } }
static void ready(void) { check(write(1, "r", 1) != 1, "write"); }
static const char *inside(const char *name) { snprintf(path, sizeof path, "%s/%s", mount_point, name); return path; }

static void reply(int device, uint64_t unique, int error, const void *body, size_t size)
{
    char answer[sizeof(struct fuse_out_header) + 128 * 1024];
    struct fuse_out_header head = { (uint32_t)(sizeof head + size), error, unique };
    memcpy(answer, &head, sizeof head);
    if (size) memcpy(answer + sizeof head, body, size);
    if (write(device, answer, sizeof head + size) < 0 && errno != ENOENT) _exit(8);
}

static struct fuse_attr attributes(uint64_t node)
{
    struct stat program;
    stat(own_program, &program);
    struct fuse_attr attr = { .ino = node, .nlink = 1, .blksize = PAGE };
    attr.mode = node == ROOT ? S_IFDIR | 0755 : S_IFREG | 0755;
    attr.size = node == PROGRAM ? (uint64_t)program.st_size : PAGE;
    return attr;
}

static uint64_t node_of(const char *name)
{
    return !strcmp(name, "program") ? PROGRAM : !strncmp(name, "page", 4) ? PAGES + (uint64_t)(name[4] - '0') : NEVER;
}

static void serve(int device)
{
    static char request[1024 * 1024 + 4096], content[128 * 1024];
    int program = open(own_program, O_RDONLY | O_CLOEXEC);
    for (;;)
    {
        struct pollfd next[2] = { { device, POLLIN, 0 }, { 0, 0, 0 } };
        poll(next, 2, -1);
        if (next[1].revents & POLLHUP) _exit(0);
        ssize_t length = read(device, request, sizeof request);
        if (length < 0 && (errno == EINTR || errno == ENOENT)) continue;
        if (length <= 0) _exit(0);
        struct fuse_in_header *head = (void *)request;
        void *body = head + 1;
        if (*frozen) { ++*unanswered; continue; }
        switch (head->opcode)
        {
            case FUSE_INIT:
            {
                struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 65536, .max_background = 64, .congestion_threshold = 48 };
                reply(device, head->unique, 0, &out, sizeof out);
                break;
            }
            case FUSE_LOOKUP:
            {
                struct fuse_entry_out out = { .nodeid = node_of(body), .generation = 1 };
                out.attr = attributes(out.nodeid);
                reply(device, head->unique, 0, &out, sizeof out);
                break;
            }
            case FUSE_GETATTR:
            {
                struct fuse_attr_out out = { .attr = attributes(head->nodeid) };
                reply(device, head->unique, 0, &out, sizeof out);
                break;
            }
            case FUSE_OPEN: case FUSE_OPENDIR:
            {
                // The opener chooses with O_NONBLOCK: past the page cache or through it.
                struct fuse_open_in *in = body;
                struct fuse_open_out out = { .fh = head->nodeid, .open_flags = FOPEN_KEEP_CACHE | (in->flags & O_NONBLOCK ? FOPEN_DIRECT_IO : 0) };
                reply(device, head->unique, 0, &out, sizeof out);
                break;
            }
            case FUSE_READ:
            {
                if (head->nodeid != PROGRAM) { ++*unanswered; break; }
                struct fuse_read_in *in = body;
                ssize_t count = pread(program, content, in->size < sizeof content ? in->size : sizeof content, (off_t)in->offset);
                reply(device, head->unique, 0, content, count < 0 ? 0 : (size_t)count);
                break;
            }
            case FUSE_FLUSH: case FUSE_POLL:
                if (head->nodeid == NEVER) { ++*unanswered; break; }
                reply(device, head->unique, -ENOSYS, NULL, 0);
                break;
            case FUSE_FORGET: case FUSE_BATCH_FORGET: case FUSE_INTERRUPT:
                break;
            case FUSE_RELEASE: case FUSE_RELEASEDIR: case FUSE_ACCESS:
                reply(device, head->unique, 0, NULL, 0);
                break;
            default:
                reply(device, head->unique, -ENOSYS, NULL, 0);
        }
    }
}

static void mount_fuse(void)
{
    char options[128];
    frozen = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unanswered = frozen + 1;
    mapper = frozen + 2;
    check(unshare(CLONE_NEWNS) != 0, "unshare");
    check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0, "private");
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    check(device < 0, "/dev/fuse");
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
    check(mount("stuck", mount_point, "fuse", MS_NOSUID | MS_NODEV, options) != 0, "mount");
    if (fork() == 0)
    {
        prctl(PR_SET_NAME, "fuse-server");
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(LIFETIME);
        serve(device);
    }
    close(device);
}

static void until_unanswered(int count) { while (*unanswered < count) sched_yield(); }

// Returns when a thread of this process sleeps in poll(2).
static void until_in_poll(pid_t tid)
{
    char name[64], text[64];
    snprintf(name, sizeof name, "/proc/self/task/%d/wchan", tid);
    for (;;)
    {
        int file = open(name, O_RDONLY);
        ssize_t length = read(file, text, sizeof text - 1);
        close(file);
        text[length < 0 ? 0 : length] = 0;
        if (strstr(text, "poll")) return;
        sched_yield();
    }
}

static void until_state(pid_t pid, pid_t tid, char wanted)
{
    char name[64], text[512];
    snprintf(name, sizeof name, "/proc/%d/task/%d/stat", pid, tid);
    for (;;)
    {
        int file = open(name, O_RDONLY);
        ssize_t length = read(file, text, sizeof text - 1);
        close(file);
        text[length < 0 ? 0 : length] = 0;
        char *end = strrchr(text, ')');
        if (end && end[2] == wanted) return;
        sched_yield();
    }
}

// Says so when the one who calls this sleeps, which it cannot say itself: of a process that runs no memory is read.
static void ready_when_asleep(void)
{
    pid_t caller = getpid();
    if (fork() != 0) return;
    until_state(caller, caller, 'S');
    ready();
    _exit(0);
}

static int ends[2];
static struct pollfd *set;
static atomic_int poller;

static void *wait_in_poll(void *unused)
{
    poller = gettid();
    poll(set, 1, -1);
    return unused;
}

// A page that a thread polls with, so that it can be replaced under it.
static void poll_in_page(void)
{
    pthread_t thread;
    check(pipe2(ends, 0) != 0, "pipe");
    set = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    set[0] = (struct pollfd) { ends[0], POLLIN, 0 };
    pthread_create(&thread, NULL, wait_in_poll, NULL);
    while (!poller) sched_yield();
    until_in_poll(poller);
}

// From now on whoever touches these pages waits for a server that never comes.
static void make_userfault(void *pages, size_t size)
{
    int fault = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    struct uffdio_api api = { .api = UFFD_API };
    check(fault < 0 || ioctl(fault, UFFDIO_API, &api) != 0, "userfaultfd");
    check(mmap(pages, size, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED, "mmap");
    struct uffdio_register region = { .range = { (uintptr_t)pages, size }, .mode = UFFDIO_REGISTER_MODE_MISSING };
    check(ioctl(fault, UFFDIO_REGISTER, &region) != 0, "UFFDIO_REGISTER");
}

static void make_fuse_page(void *page, const char *name)
{
    int file = open(inside(name), O_RDONLY | O_CLOEXEC);
    check(file < 0 || mmap(page, PAGE, PROT_READ, MAP_FIXED | MAP_PRIVATE, file, 0) == MAP_FAILED, "mmap of a FUSE file");
}

static char *words_page;

static void *replace_by_userfault(void *unused) { make_userfault(words_page, PAGE); ready(); pause(); return unused; }
static void *replace_by_fuse(void *unused) { make_fuse_page(words_page, "never"); ready(); pause(); return unused; }

// The words of the command line lie on the main thread's stack, which is not touched any more.
static void in_thread(char *word, void *(*body)(void *))
{
    pthread_t thread;
    words_page = (char *)((uintptr_t)word & ~(uintptr_t)(PAGE - 1));
    pthread_create(&thread, NULL, body, NULL);
    for (;;) syscall(SYS_pause);
}

static void *read_never(void *unused)
{
    char byte;
    int file = open(inside("never"), O_RDONLY);
    return read(file, &byte, 1) ? unused : NULL;
}

static void *map_direct(void *unused)
{
    int file = open(inside("never"), O_RDONLY | O_NONBLOCK);
    *mapper = gettid();
    // Wants to throw out the page that read_never has locked, and waits for it with the memory lock held for writing.
    return mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED ? unused : NULL;
}

static pid_t child(void (*body)(void))
{
    pid_t pid = fork();
    if (pid == 0)
    {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(LIFETIME);
        body();
        for (;;) pause();
    }
    return pid;
}

static void add_to_epoll(void)
{
    int epoll = epoll_create1(0), file = open(inside("never"), O_RDONLY);
    struct epoll_event event = { .events = EPOLLIN };
    epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
}

static void exec_with_open_file(void)
{
    check(open(inside("never"), O_RDONLY | O_CLOEXEC) < 0, "open");
    execl(own_program, "exec-stuck", "pause", NULL);
}

// A process of its own: this one's threads would wait for the lock at their next page fault.
static void tell_of_lock(void)
{
    while (!*mapper) sched_yield();
    until_state(getppid(), *mapper, 'D');
    ready();
}

static int pages;

static void poll_in_fuse_page(void)
{
    char name[16];
    poll_in_page();
    snprintf(name, sizeof name, "page%d", pages);
    make_fuse_page(set, name);
    ready_when_asleep();
}

static void open_it(void) { open(inside("never"), O_RDONLY); }
static void stat_it(void) { struct stat status; stat(inside("other"), &status); }
static void read_it(void) { read_never(NULL); }

static void run_inside(void)
{
    check(chdir(mount_point) != 0 || open(inside("program"), O_RDONLY) < 0, "chdir");
    execl("./program", "inside", "pause", NULL);
    check(1, "execl");
}

int main(int count, char **words)
{
    const char *mode = count > 1 ? words[1] : "";
    if (!strcmp(mode, "pause")) { alarm(LIFETIME); ready(); pause(); return 0; }
    char own[512];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    own[length] = 0;
    own_program = own;
    alarm(LIFETIME);
    if (!strcmp(mode, "userfault-argv")) in_thread(words[1], replace_by_userfault);
    if (!strcmp(mode, "userfault-poll"))
    {
        poll_in_page();
        make_userfault(set, PAGE);
        ready_when_asleep();
        for (;;) pause();
    }
    mount_point = count > 2 ? words[2] : "/nonexistent";
    mount_fuse();
    if (!strcmp(mode, "fuse-argv")) in_thread(words[1], replace_by_fuse);
    // As many processes as the third word says, each with a page of its own.
    if (!strcmp(mode, "fuse-poll"))
    {
        for (pages = 0; pages < atoi(words[3]); pages++) child(poll_in_fuse_page);
        for (;;) pause();
    }
    if (!strcmp(mode, "lock-held"))
    {
        pthread_t thread;
        pthread_create(&thread, NULL, read_never, NULL);
        until_unanswered(1);
        child(tell_of_lock);
        pthread_create(&thread, NULL, map_direct, NULL);
        for (;;) syscall(SYS_pause);
    }
    if (!strcmp(mode, "exec")) { child(exec_with_open_file); until_unanswered(1); ready(); for (;;) pause(); }
    if (!strcmp(mode, "epoll")) { child(add_to_epoll); until_unanswered(1); ready(); for (;;) pause(); }
    // One with program, working directory and files inside, one stuck in stat, one in open, one in read: then the server goes silent.
    if (!strcmp(mode, "silent"))
    {
        char byte;
        int told[2];
        check(pipe(told) != 0, "pipe");
        int out = dup(1);
        dup2(told[1], 1);
        child(run_inside);
        check(read(told[0], &byte, 1) != 1, "read");
        dup2(out, 1);
        child(read_it);
        until_unanswered(1);
        *frozen = 1;
        child(stat_it);
        until_unanswered(2);
        child(open_it);
        ready();
        for (;;) pause();
    }
    return 2;
}
