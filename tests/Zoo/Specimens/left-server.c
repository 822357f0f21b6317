/*
 * left-server MODE: a server that a client started, with sockets or pipes for its stdio; the client is gone.
 *
 *   ignores     stdin and stdout are unix sockets whose other ends are closed; it waits for a timer and does not mind
 *   pipes       the same with pipes
 *   job         as a job's shell leaves `setsid server &`: in a session of its own, its stdin /dev/null, its output a pipe that nobody reads any more; only the
 *               mark of its CI job, which is over, tells where it came from
 *   wrapped     between client and server stands a wrapper, an event loop, that holds the server's stdin
 *   many        a dozen of them, alike
 *   ports       it listens on a TCP port
 *   compiles    a driver that waits for its busy child
 *   living-job  as job, in a job that somebody else still works in: nothing is said of a session leader there
 *   null        the client had given it /dev/null: a daemon
 *   log         its output goes to a file: a daemon
 *   named       it listens on a unix socket, as build servers do: meant to stay
 */
#include "zoo.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static const char *mode;
static int is(const char *name) { return strcmp(mode, name) == 0; }

static void lose_parent(pid_t parent)
{
    while (getppid() == parent)
        nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
}

static void listen_somewhere(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(is("named") ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(name.sun_path, sizeof name.sun_path, "left-server-%d", (int)getpid());
    if (fd < 0 || bind(fd, is("named") ? (void *)&name : (void *)&any, is("named") ? sizeof name : sizeof any) < 0 || listen(fd, 5) < 0)
        die("listen");
}

_Noreturn static void compile(void)
{
    if (fork_or_die() == 0) {
        announce("compiler");
        in_place();
        for (volatile unsigned long turns = 0;; turns++)
            ;
    }
    in_place();
    while (wait(NULL) < 0 && errno == EINTR)
        ;
    work();
}

_Noreturn static void serve(pid_t parent)
{
    announce(is("many") ? "server-0" : "server");
    if (is("named") || is("ports"))
        listen_somewhere();
    lose_parent(parent);
    if (is("compiles"))
        compile();
    in_place();
    work();
}

_Noreturn static void wrap(pid_t parent)
{
    int own[2];
    if (pipe2(own, O_CLOEXEC) < 0)
        die("pipe2");
    if (fork_or_die() == 0) {
        dup2(own[0], 0);
        close(own[0]);
        close(own[1]);
        announce("server");
        in_place();
        char text[16];
        for (;;)
            if (read(0, text, sizeof text) == 0)
                _exit(0);
    }
    close(own[0]);
    announce("wrapper");
    lose_parent(parent);
    in_place();
    work();
}

static void connect_stdio(int input, int output)
{
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    close_range(3, READY_FD - 1, 0);
    close_range(READY_FD + 1, ~0u, 0);
}

int main(int argc, char **argv)
{
    mode = argc > 1 ? argv[1] : "ignores";
    int in[2], out[2];
    int job = is("job") || is("living-job");
    if (job || is("pipes") || is("ports") || is("compiles") ? pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0
        : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out) < 0)
        die("pipe2");
    if (job)
        in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (is("null"))
        in[0] = out[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (is("log"))
        out[1] = open("left-server.log", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600), in[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
    pid_t parent = getpid();
    if (is("living-job") && fork_or_die() == 0) {
        // The rest of the job: its stdio is the log that the runner gave it.
        setsid();
        announce("rest");
        in_place();
        work();
    }
    for (int count = is("many") ? 12 : 1; count > 0; count--) {
        if (fork_or_die() != 0)
            continue;
        connect_stdio(in[0], out[1]);
        if (job)
            setsid();
        if (is("wrapped"))
            wrap(parent);
        if (!is("many"))
            serve(parent);
        char role[16];
        snprintf(role, sizeof role, "server-%d", count);
        announce(role);
        lose_parent(parent);
        in_place();
        work();
    }
    return 0;
}
