/*
 * waits-for-sigchld HOW: a parent waits for the signal that its child has exited, and the child reads a pipe to its end that the parent still has open.
 * HOW: suspend (sigsuspend(2)), wait (sigwait(3)), fd (read(2) of a signalfd), epoll (the signalfd in a set).
 * ZOO_FORM=busy: the child is at work. ZOO_FORM=told: the parent is a supervisor that waits for SIGTERM as well, and whose end its child is to notice by the pipe.
 */
#include "zoo.h"
#include <sys/epoll.h>
#include <sys/signalfd.h>

static volatile sig_atomic_t signals;

static void note(int signal)
{
    signals += signal != 0;
}

static int signal_fd(const sigset_t *awaited)
{
    int fd = signalfd(-1, awaited, SFD_CLOEXEC);
    if (fd < 0)
        die("signalfd");
    return fd;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "", *form = getenv("ZOO_FORM");
    int busy = form != NULL && strcmp(form, "busy") == 0, told = form != NULL && strcmp(form, "told") == 0, ends[2];
    struct signalfd_siginfo info;
    struct epoll_event event = {.events = EPOLLIN};
    sigset_t awaited, none;
    sigemptyset(&none);
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    if (told)
        sigaddset(&awaited, SIGTERM);
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    signal(SIGCHLD, note);
    if (told)
        signal(SIGTERM, note);
    announce("parent");
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t child = fork_or_die();
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGCHLD, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        close(ends[1]);
        announce("child");
        in_place();
        if (busy)
            work();
        read_to_end(ends[0]);
        _exit(0);
    }
    close(ends[0]);
    int fd = -1, set = -1;
    if (strcmp(how, "fd") == 0 || strcmp(how, "epoll") == 0)
        fd = signal_fd(&awaited);
    if (strcmp(how, "epoll") == 0) {
        set = epoll_create1(EPOLL_CLOEXEC);
        if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0)
            die("epoll");
    }
    in_place();
    if (set >= 0)
        while (epoll_wait(set, &event, 1, -1) < 0)
            ;
    else if (fd >= 0)
        while (read(fd, &info, sizeof info) < 0)
            ;
    else if (strcmp(how, "wait") == 0)
        sigwaitinfo(&awaited, NULL);
    else
        while (!signals)
            sigsuspend(&none);
    close(ends[1]);
    wait_for(child);
    return 0;
}
