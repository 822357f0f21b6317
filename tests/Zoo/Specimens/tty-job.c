/*
 * tty-job MODE: a terminal, its session leader, and a job of it.
 *
 *   input     the job reads the terminal from the background: SIGTTIN; the leader does something else
 *   output    the job writes to it, with `stty tostop`: SIGTTOU
 *   waited    as input; the leader waits for the job to exit
 *   suspended the job had the terminal and got Ctrl-Z; the leader, a shell, is at its prompt
 *   server    no job: the leader sits at its prompt, the terminal's other side polls it and its clients, as tmux and screen do
 */
#include "zoo.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

static int is(const char *mode, const char *name) { return strcmp(mode, name) == 0; }

_Noreturn static void run_job(const char *mode)
{
    char one;
    setpgid(0, 0);
    // Before it has the terminal: Ctrl-Z may come at once. The leader announces itself when it has seen the job stop.
    announce("job");
    in_place();
    if (is(mode, "suspended")) {
        signal(SIGTTOU, SIG_IGN);
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
    }
    if (is(mode, "output") && write(1, "x", 1) < 0)
        _exit(71);
    while (read(0, &one, 1) >= 0 || errno == EINTR)
        ;
    work();
}

_Noreturn static void lead(const char *mode, const char *name)
{
    char one;
    setsid();
    int terminal = open(name, O_RDWR);
    if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0)
        die(name);
    for (int fd = 0; fd < 3; fd++)
        dup2(terminal, fd);
    if (terminal > 2)
        close(terminal);
    struct termios settings;
    tcgetattr(0, &settings);
    if (is(mode, "output"))
        settings.c_lflag |= TOSTOP;
    tcsetattr(0, TCSANOW, &settings);
    signal(SIGTTOU, SIG_IGN);
    if (!is(mode, "server")) {
        pid_t job = fork_or_die();
        if (job == 0) {
            signal(SIGTTOU, SIG_DFL);
            run_job(mode);
        }
        setpgid(job, job);
        if (waitpid(job, NULL, WUNTRACED) != job)
            die("waitpid");
        tcsetpgrp(0, getpid());
        announce("leader");
        in_place();
        if (is(mode, "waited"))
            wait_for(job);
        if (!is(mode, "suspended"))
            work();
    } else {
        announce("leader");
        in_place();
    }
    while (read(0, &one, 1) >= 0 || errno == EINTR)
        ;
    _exit(0);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "input";
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char name[64], text[256];
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 || ptsname_r(master, name, sizeof name) != 0)
        die("posix_openpt");
    if (fork_or_die() == 0) {
        close(master);
        lead(mode, name);
    }
    int clients = -1;
    if (is(mode, "server")) {
        clients = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct sockaddr_un anyone = {.sun_family = AF_UNIX};
        if (clients < 0 || bind(clients, (struct sockaddr *)&anyone, sizeof anyone.sun_family) < 0 || listen(clients, 1) < 0)
            die("listen");
    }
    announce("terminal");
    in_place();
    for (;;) {
        // Ctrl-Z again and again: it reaches the job once that has the terminal, and the leader ignores what it reads.
        pid_t foreground = is(mode, "suspended") ? tcgetpgrp(master) : 0;
        if (foreground > 0 && foreground != getpid() && kill(foreground, 0) == 0 && getsid(foreground) != foreground && write(master, "\x1a", 1) < 0)
            die("write");
        struct pollfd watched[2] = {{.fd = master, .events = POLLIN}, {.fd = clients, .events = POLLIN}};
        if (poll(watched, 2, is(mode, "server") ? -1 : 50) > 0 && read(master, text, sizeof text) <= 0)
            nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
    }
}
