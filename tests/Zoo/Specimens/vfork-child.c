/*
 * vfork-child pipe|lock: the child of vfork waits, before it execs, for its parent: it reads what that is to write, or opens and locks the file that it has locked.
 * ZOO_FORM=slow: it takes its time before it execs instead.
 *
 * The parent sleeps as soon as there is a child: its own copy of the announcement has to be gone before, so it hands it on through a socket.
 */
#include "zoo.h"
#include <sys/file.h>
#include <sys/socket.h>

static union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
} control;
static char byte;
static struct iovec data = {&byte, 1};

static struct msghdr message(void)
{
    return (struct msghdr){.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
}

static void send_fd(int to, int fd)
{
    struct msghdr m = message();
    control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    if (sendmsg(to, &m, 0) != 1)
        die("sendmsg");
    close(fd);
}

static int receive_fd(int from)
{
    int fd;
    struct msghdr m = message();
    if (recvmsg(from, &m, 0) != 1)
        _exit(70);
    memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
    return fd;
}

/* Another open of the same file. */
static int lock(const char *file)
{
    int fd = open(file, O_RDWR | O_CLOEXEC);
    return fd < 0 ? -1 : flock(fd, LOCK_EX);
}

int main(int argc, char **argv)
{
    const char *form = getenv("ZOO_FORM");
    char file[] = "/tmp/zoo-lock-XXXXXX";
    int locks = argc > 1 && strcmp(argv[1], "lock") == 0;
    int slow = form != NULL && strcmp(form, "slow") == 0, ends[2], hand[2];
    announce("parent");
    if (pipe2(ends, O_CLOEXEC) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, hand) < 0)
        die("pipe2");
    int locked = locks ? mkstemp(file) : -1;
    if (locks && (locked < 0 || flock(locked, LOCK_EX) < 0))
        die("mkstemp");
    send_fd(hand[0], READY_FD);
    if (vfork() == 0) {
        int ready = receive_fd(hand[1]);
        dprintf(ready, "role child %d\n", (int)getpid());
        close(ends[1]);
        close(ready);
        if (slow)
            work();
        if (locks)
            close(locked);
        _exit((locks ? lock(file) : (int)read(ends[0], &byte, 1)) < 0);
    }
    if (locks)
        unlink(file);
    close(ends[1]);
    wait(NULL);
    return 0;
}
