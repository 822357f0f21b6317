/*
 * relay FORM: a program that is told of signals by a signalfd, among the fds that it polls.
 *
 *   wait    it passes its input on to a child at a pseudoterminal, which reads; its parent, who has the other end of that input, waits for it to exit
 *   answer  the same, and the parent reads its output
 *   twice   it collects the output of a child, which has the pipe twice and waits for input from it
 *
 * ZOO_FORM=busy: the parent (of twice: the child, which has the pipe once) is at work. ZOO_FORM=worker: nobody reads the terminal, and what the program is there for are the signals; it polls its input to
 * know when its parent is gone.
 */
#include "zoo.h"
#include <poll.h>
#include <sys/signalfd.h>

static const char *form, *healthy;

static int is(const char *name)
{
    return strcmp(form, name) == 0;
}

static int is_healthy(const char *name)
{
    return healthy != NULL && strcmp(healthy, name) == 0;
}

static int signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < 5; i++)
        sigaddset(&set, (int[]){SIGINT, SIGQUIT, SIGTERM, SIGCHLD, SIGWINCH}[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Until one of two has something, or a signal comes. */
static void watch(int first, int second)
{
    struct pollfd set[] = {{.fd = signals(), .events = POLLIN}, {.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
    in_place();
    poll(set, second < 0 ? 2 : 3, -1);
}

static void collect(void)
{
    announce("relay");
    pipe_at(3, 4);
    pipe_at(5, 6);
    if (fork_or_die() == 0) {
        announce("child");
        dup2(4, 1);
        dup2(5, 0);
        close(3);
        close(5);
        close(6);
        in_place();
        if (healthy != NULL) {
            close(4);
            work();
        }
        read_to_end(0);
        _exit(0);
    }
    close(4);
    close(5);
    watch(3, -1);
}

static void relay(void)
{
    announce("relay");
    if (is_healthy("worker")) {
        watch(0, -1);
        return;
    }
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        die("posix_openpt");
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (slave < 0)
        die("open");
    if (fork_or_die() == 0) {
        announce("child");
        close(master);
        for (int fd = 0; fd < 3; fd++)
            dup2(slave, fd);
        close(slave);
        in_place();
        read_to_end(0);
        _exit(0);
    }
    close(slave);
    watch(0, master);
}

int main(int argc, char **argv)
{
    form = argc > 1 ? argv[1] : "wait";
    healthy = getenv("ZOO_FORM");
    if (is("twice")) {
        collect();
        return 0;
    }
    pipe_at(3, 4);
    pipe_at(5, 6);
    pid_t pid = fork_or_die();
    if (pid == 0) {
        dup2(3, 0);
        dup2(6, 1);
        close_range(3, 6, 0);
        relay();
        _exit(0);
    }
    announce("parent");
    close(3);
    close(6);
    in_place();
    if (is_healthy("busy"))
        work();
    if (is("answer"))
        read_to_end(5);
    wait_for(pid);
    return 0;
}
