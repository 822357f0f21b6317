/*
 * socket-readers pair|tcp|ring|half read|recv|poll|select|epoll: processes that each wait for data from the next one over a socket, and nobody sends.
 *
 *   pair    two over a socketpair        tcp   two over a loopback connection        ring   three, each reading from the one before it
 *   half    two over two loopback connections, of one of which the first has shut down its half: there it waits for the answer, and the second for more over the other
 *
 * ZOO_FORM, so that the healthy ones have the same names and arguments:
 *   stuck      (default) nobody moves again
 *   timeout    the first gives up after 300 ms (SO_RCVTIMEO), and tries again
 *   timed      the first polls for 200 ms at a time
 *   keep-alive the first polls for 200 ms at a time, too, and says at each timeout that it is there
 *   helper     another process that works has an end of the first one's socket open
 *   ping-pong  they do send: the ball goes to and fro
 *   busy       the first is at work, and will answer some day; in half it is the second
 *   timer      in half: the second polls, and will answer after some time
 *   odd-child  the second has a child at work, whose end is told by a signal that ends the second
 */
#include "zoo.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static int is_form(const char *form)
{
    const char *asked = getenv("ZOO_FORM");
    return strcmp(asked != NULL ? asked : "stuck", form) == 0;
}

static void await(const char *how, int fd)
{
    char byte;
    if (strcmp(how, "poll") == 0) {
        in_place();
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
    } else if (strcmp(how, "select") == 0) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        in_place();
        select(fd + 1, &set, NULL, NULL, NULL);
    } else if (strcmp(how, "epoll") == 0) {
        int ep = epoll_create1(EPOLL_CLOEXEC);
        struct epoll_event event = {.events = EPOLLIN};
        if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) < 0)
            die("epoll");
        in_place();
        epoll_wait(ep, &event, 1, -1);
    } else if (strcmp(how, "recv") == 0) {
        in_place();
        recv(fd, &byte, 1, 0);
    } else {
        in_place();
        if (read(fd, &byte, 1) < 0)
            die("read");
    }
}

static void connect_tcp(int ends[2])
{
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0 || ends[0] < 0 || bind(server, (struct sockaddr *)&address, length) < 0 || listen(server, 5) < 0
        || getsockname(server, (struct sockaddr *)&address, &length) < 0 || connect(ends[0], (struct sockaddr *)&address, length) < 0
        || (ends[1] = accept(server, NULL, NULL)) < 0)
        die("loopback connection");
    close(server);
}

_Noreturn static void play(int fd, int serves)
{
    char ball = 0;
    stand_back();
    in_place();
    if (serves && write(fd, &ball, 1) != 1)
        _exit(1);
    for (;;) {
        if (read(fd, &ball, 1) != 1)
            _exit(1);
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000}, NULL);
        if (write(fd, &ball, 1) != 1)
            _exit(1);
    }
}

static void first(const char *how, int fd)
{
    if (is_form("timeout")) {
        char byte;
        struct timeval limit = {.tv_usec = 300 * 1000};
        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0)
            die("setsockopt");
        in_place();
        while (recv(fd, &byte, 1, 0) < 0)
            ;
        return;
    }
    if (is_form("timed")) {
        in_place();
        while (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 200) == 0)
            ;
        return;
    }
    if (is_form("keep-alive")) {
        in_place();
        while (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 200) == 0)
            if (write(fd, "", 1) != 1)
                die("keep-alive");
        return;
    }
    if (is_form("busy")) {
        in_place();
        work();
    }
    await(how, fd);
}

static int two(const char *how, int ends[2])
{
    pid_t helper = -1;
    if (is_form("helper") && (helper = fork_or_die()) == 0) {
        close(ends[0]);
        announce("helper");
        in_place();
        work();
    }
    pid_t pid = fork_or_die();
    if (pid == 0) {
        announce("second");
        close(ends[0]);
        if (is_form("ping-pong"))
            play(ends[1], 0);
        if (is_form("odd-child") && syscall(SYS_clone, SIGUSR1, NULL, NULL, NULL, NULL) == 0) {
            close(ends[1]);
            announce("helper");
            in_place();
            work();
        }
        do
            await(how, ends[1]);
        while (is_form("keep-alive") && read(ends[1], &(char){0}, 1) == 1);
        return 0;
    }
    announce("first");
    close(ends[1]);
    if (is_form("ping-pong"))
        play(ends[0], 1);
    first(how, ends[0]);
    wait_for(pid);
    return 0;
}

static int half(const char *how)
{
    int done[2], more[2];
    char byte = 0;
    connect_tcp(done);
    connect_tcp(more);
    pid_t pid = fork_or_die();
    int second = pid == 0;
    announce(second ? "second" : "first");
    close(done[!second]);
    close(more[!second]);
    if (!second) {
        if (write(done[0], &byte, 1) != 1 || shutdown(done[0], SHUT_WR) < 0)
            die("last word");
        await(how, done[0]);
        wait_for(pid);
        return 0;
    }
    while (read(done[1], &byte, 1) > 0)
        ;
    if (is_form("busy")) {
        in_place();
        work();
    }
    if (is_form("timer")) {
        in_place();
        poll(&(struct pollfd){.fd = more[1], .events = POLLIN}, 1, 1000 * 1000);
    }
    await(how, more[1]);
    return 0;
}

/* Each reads what the one before it should write. */
static int ring(const char *how)
{
    int pairs[3][2];
    const char *roles[3] = {"first", "second", "third"};
    for (int i = 0; i < 3; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) < 0)
            die("socketpair");
    int me = 0;
    for (int i = 1; i < 3 && me == 0; i++)
        if (fork_or_die() == 0)
            me = i;
    announce(roles[me]);
    for (int i = 0; i < 3; i++) {
        if (i != me)
            close(pairs[i][0]);
        if (i != (me + 1) % 3)
            close(pairs[i][1]);
    }
    await(how, pairs[me][0]);
    return 0;
}

int main(int argc, char **argv)
{
    const char *over = argc > 1 ? argv[1] : "pair", *how = argc > 2 ? argv[2] : "read";
    int ends[2];
    if (strcmp(over, "ring") == 0)
        return ring(how);
    if (strcmp(over, "half") == 0)
        return half(how);
    if (strcmp(over, "tcp") == 0)
        connect_tcp(ends);
    else if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        die("socketpair");
    return two(how, ends);
}
