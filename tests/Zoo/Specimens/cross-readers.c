/* cross-readers read|poll|select|epoll|nested: two processes, each waiting for the other to write first; nested: in poll, on an epoll that has another epoll in it. */
#include "zoo.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

static void await(const char *how, int fd)
{
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
    } else if (strcmp(how, "nested") == 0) {
        int inner = epoll_create1(EPOLL_CLOEXEC), outer = epoll_create1(EPOLL_CLOEXEC);
        struct epoll_event event = {.events = EPOLLIN};
        if (inner < 0 || outer < 0 || epoll_ctl(inner, EPOLL_CTL_ADD, fd, &event) < 0 || epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event) < 0)
            die("epoll");
        in_place();
        poll(&(struct pollfd){.fd = outer, .events = POLLIN}, 1, -1);
    } else {
        in_place();
    }
    char byte;
    if (read(fd, &byte, 1) < 0)
        die("read");
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "read";
    int there[2], back[2];
    if (pipe(there) < 0 || pipe(back) < 0)
        die("pipe");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        announce("second");
        close(there[1]);
        close(back[0]);
        await(how, there[0]);
        return 0;
    }
    announce("first");
    close(there[0]);
    close(back[1]);
    await(how, back[0]);
    wait_for(pid);
    return 0;
}
