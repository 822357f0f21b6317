/*
 * missed-sigchld HOW: a parent has been told that its child has exited, does not wait for it, and waits to be told so again. HOW: pause, suspend (sigsuspend(2)), wait (sigwait(3)), fd (read(2) of a
 * signalfd). ZOO_FORM=more: another child is at work, whose end it would be told of.
 */
#include "zoo.h"
#include <sys/signalfd.h>

static void note(int signal)
{
    (void)signal;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "", *form = getenv("ZOO_FORM");
    bool more = form != NULL && strcmp(form, "more") == 0, blocked = strcmp(how, "wait") == 0 || strcmp(how, "fd") == 0;
    sigset_t awaited, none;
    siginfo_t info;
    sigemptyset(&none);
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    if (blocked)
        sigprocmask(SIG_BLOCK, &awaited, NULL);
    signal(SIGCHLD, note);
    announce("parent");
    pid_t child = fork_or_die();
    if (child == 0)
        _exit(0);
    while (waitid(P_PID, child, &info, WEXITED | WNOWAIT) < 0)
        ;
    if (blocked)
        sigwaitinfo(&awaited, NULL);
    if (more && fork_or_die() == 0) {
        signal(SIGCHLD, SIG_DFL);
        announce("worker");
        in_place();
        work();
    }
    in_place();
    if (strcmp(how, "fd") == 0) {
        struct signalfd_siginfo told;
        int fd = signalfd(-1, &awaited, SFD_CLOEXEC);
        while (read(fd, &told, sizeof told) < 0)
            ;
    } else if (strcmp(how, "wait") == 0) {
        sigwaitinfo(&awaited, NULL);
    } else if (strcmp(how, "suspend") == 0) {
        sigsuspend(&none);
    } else {
        pause();
    }
    return 0;
}
