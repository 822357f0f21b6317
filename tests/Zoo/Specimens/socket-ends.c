/*
 * socket-ends FORM: who holds the other end of a socket, and who has room in it.
 *
 *   self        reads one end of a pair whose other end it never closed. ZOO_FORM=carried: that end lies in the queue of another socket as well, and who has that one is at work
 *   full        two write to each other, and neither reads: both ways are full. ZOO_FORM=busy: the second is at work, and will read some day
 *   duplicate   reads the output of a child to its end, over a pair of sockets; the child has it twice, and waits for its parent
 *   backlog     connects to a listener whose queue is full; who has the listener waits for the client
 *   accepting   reads from a server that is in accept, and has the connection open
 *   mixed       one waits for a word over a socket, and the other for one over a pipe. ZOO_FORM=busy: the second is at work
 *   datagrams   the child sends more datagrams than its parent's socket takes, and the parent waits for it. ZOO_FORM=busy: it is at work
 *   dialogue    two wait for a datagram from each other. ZOO_FORM=busy: the second is at work
 */
#include "zoo.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static void pair_or_die(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        die("socketpair");
}

static void fill(int fd)
{
    static char block[65536];
    in_place();
    for (;;)
        if (write(fd, block, sizeof block) < 0)
            die("write");
}

static int full(void)
{
    int ends[2];
    pair_or_die(ends);
    if (fork_or_die() == 0) {
        announce("second");
        close(ends[0]);
        if (getenv("ZOO_FORM") != NULL) {
            in_place();
            work();
        }
        fill(ends[1]);
    }
    announce("first");
    close(ends[1]);
    fill(ends[0]);
    return 0;
}

static int datagrams(int dialogue)
{
    int ends[2];
    char datagram[4096];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0)
        die("socketpair");
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "child" : "parent");
    close(ends[pid == 0]);
    int own = ends[pid != 0];
    memset(datagram, 'x', sizeof datagram);
    in_place();
    if (pid != 0 && getenv("ZOO_FORM") != NULL)
        work();
    if (dialogue)
        return (int)read(own, datagram, sizeof datagram);
    if (pid != 0)
        wait_for(pid);
    while (write(own, datagram, sizeof datagram) > 0)
        ;
    return 0;
}

static int mixed(void)
{
    int ends[2], words[2];
    char word;
    pair_or_die(ends);
    if (pipe2(words, O_CLOEXEC) < 0)
        die("pipe2");
    int second = fork_or_die() == 0;
    announce(second ? "second" : "first");
    close(ends[!second]);
    close(words[second]);
    in_place();
    if (second && getenv("ZOO_FORM") != NULL)
        work();
    return (int)read(second ? words[0] : ends[0], &word, 1);
}

static int duplicate(void)
{
    int output[2], lifeline[2];
    pair_or_die(output);
    if (pipe2(lifeline, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        announce("child");
        if (dup2(output[1], 1) < 0 || dup(1) < 0)
            die("dup");
        close(output[0]);
        close(output[1]);
        close(lifeline[1]);
        in_place();
        read_to_end(lifeline[0]);
        return 0;
    }
    announce("parent");
    close(output[1]);
    close(lifeline[0]);
    in_place();
    read_to_end(output[0]);
    close(lifeline[1]);
    wait_for(pid);
    return 0;
}

static int backlog(int accepting)
{
    int go[2], waiting = -1, client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + 1 + (socklen_t)snprintf(name.sun_path + 1, 60, "zoo-backlog-%d", (int)getpid());
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0 || server < 0 || bind(server, (struct sockaddr *)&name, length) < 0 || listen(server, 0) < 0 || pipe(go) < 0)
        die("listen");
    if (!accepting && ((waiting = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 || connect(waiting, (struct sockaddr *)&name, length) < 0))
        die("connect");
    if (fork_or_die() == 0) {
        announce("server");
        close(go[1]);
        close(client);
        if (accepting && accept(server, NULL, NULL) < 0)
            die("accept");
        in_place();
        if (accepting)
            accept(server, NULL, NULL);
        read_to_end(go[0]);
        return 0;
    }
    announce("client");
    close(server);
    close(waiting);
    close(go[0]);
    if (accepting && connect(client, (struct sockaddr *)&name, length) < 0)
        die("connect");
    in_place();
    if (accepting)
        read_to_end(client);
    else if (connect(client, (struct sockaddr *)&name, length) < 0)
        die("connect");
    return 0;
}

int main(int argc, char **argv)
{
    const char *form = argc > 1 ? argv[1] : "self";
    if (strcmp(form, "full") == 0)
        return full();
    if (strcmp(form, "duplicate") == 0)
        return duplicate();
    if (strcmp(form, "datagrams") == 0 || strcmp(form, "dialogue") == 0)
        return datagrams(strcmp(form, "dialogue") == 0);
    if (strcmp(form, "mixed") == 0)
        return mixed();
    if (strcmp(form, "backlog") == 0)
        return backlog(0);
    if (strcmp(form, "accepting") == 0)
        return backlog(1);
    int ends[2];
    pair_or_die(ends);
    announce("self");
    if (getenv("ZOO_FORM") != NULL)
        carry(ends[1]);
    in_place();
    read_to_end(ends[0]);
    return 0;
}
