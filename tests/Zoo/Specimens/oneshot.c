/*
 * oneshot: a parent polls a pipe from its child once (EPOLLONESHOT), and again without arming it; the child's second word lies there, and the child waits for the answer. ZOO_FORM=busy: it arms
 * it, and the child is at work on the second word.
 */
#include "zoo.h"
#include <sys/epoll.h>

int main(void)
{
    const char *form = getenv("ZOO_FORM");
    char byte = 0;
    pipe_at(3, 4);
    pipe_at(5, 6);
    announce("parent");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        close(3);
        close(6);
        announce("child");
        if (write(4, &byte, 1) < 0)
            die("write");
        if (form != NULL && strcmp(form, "busy") == 0) {
            in_place();
            work();
        }
        if (write(4, &byte, 1) < 0)
            die("write");
        in_place();
        _exit(read(5, &byte, 1) < 0);
    }
    close(4);
    close(5);
    int set = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
    if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, 3, &event) < 0)
        die("epoll");
    for (int words = 0; words < 2; words++) {
        if (words == 1 && form != NULL && strcmp(form, "busy") == 0 && epoll_ctl(set, EPOLL_CTL_MOD, 3, &event) < 0)
            die("epoll_ctl");
        if (words == 1)
            in_place();
        if (epoll_wait(set, &event, 1, -1) < 0 || read(3, &byte, 1) < 0)
            die("epoll_wait");
    }
    if (write(6, &byte, 1) < 0)
        die("write");
    wait_for(pid);
    return 0;
}
