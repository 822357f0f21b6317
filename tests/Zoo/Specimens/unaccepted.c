/*
 * unaccepted FORM: a client and a listener from which nobody accepts. The parent made the listener and waits for the client, its child.
 *
 *   unix, tcp   the client reads an answer; its connection lies in the listener's queue
 *   poll        the same, in poll(2)
 *   inherited   the client has the listener as well, for it never closed what it was forked with
 *   sends       the client sends more than a connection takes
 *   backlog     the client is in connect(2): the queue is full
 *   self        one process alone connects to its own listener
 *   asleep      the parent sleeps for a long time instead of waiting
 *   apart       the same, and the client is in a session of its own, as that of a daemon is
 *   ready       the parent accepts once the client has said that it is ready, which it does when it has the answer
 *   cross       the parent is a client of the child's listener as well: each wants its answer before it accepts
 *
 * ZOO_FORM=busy: the parent (of self: a second thread) is at work, and will accept some day. ZOO_FORM=accepted: it has accepted, and is at work on the answer.
 */
#include "zoo.h"
#include <arpa/inet.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static const char *form, *healthy;

static int is(const char *name)
{
    return strcmp(form, name) == 0;
}

static union {
    struct sockaddr any;
    struct sockaddr_un local;
    struct sockaddr_in inet;
} address;
static socklen_t length;
static int listeners;

static int open_socket(void)
{
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    return fd;
}

static int listen_somewhere(void)
{
    if (is("tcp")) {
        address.inet = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        length = sizeof address.inet;
    } else {
        address.local = (struct sockaddr_un){.sun_family = AF_UNIX};
        length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)snprintf(address.local.sun_path + 1, 60, "zoo-unaccepted-%d-%d", (int)getpid(), listeners++));
    }
    int fd = open_socket();
    if (bind(fd, &address.any, length) < 0 || listen(fd, is("backlog") ? 0 : 5) < 0 || getsockname(fd, &address.any, &length) < 0)
        die("listen");
    return fd;
}

static void connect_or_die(int fd)
{
    if (connect(fd, &address.any, length) < 0)
        die("connect");
}

static void *at_work(void *unused)
{
    (void)unused;
    work();
}

static void want_answer(int fd)
{
    static char block[65536];
    in_place();
    if (is("poll"))
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
    else if (is("sends"))
        while (write(fd, block, sizeof block) > 0)
            ;
    else if (is("backlog"))
        connect(fd, &address.any, length);
    read_to_end(fd);
}

/* The second listener of cross has a name of its own; both connect to both, and each goes on with one of the connections. */
static int cross(void)
{
    int listener[2], client[2];
    for (int i = 0; i < 2; i++) {
        listener[i] = listen_somewhere();
        connect_or_die(client[i] = open_socket());
    }
    int child = fork_or_die() == 0;
    announce(child ? "client" : "parent");
    close(listener[child]);
    close(client[!child]);
    if (!child && healthy != NULL) {
        in_place();
        work();
    }
    want_answer(client[child]);
    return 0;
}

int main(int argc, char **argv)
{
    form = argc > 1 ? argv[1] : "unix";
    healthy = getenv("ZOO_FORM");
    if (is("cross"))
        return cross();
    int ready[2];
    if (pipe(ready) < 0)
        die("pipe");
    int listener = listen_somewhere(), first = open_socket(), client = is("backlog") ? open_socket() : first;
    connect_or_die(first);
    if (is("self")) {
        announce("client");
        may_be_told();
        pthread_t other;
        if (healthy != NULL && pthread_create(&other, NULL, at_work, NULL) != 0)
            die("pthread_create");
        want_answer(client);
        return 0;
    }
    pid_t pid = fork_or_die();
    close(ready[pid == 0 ? 0 : 1]);
    if (pid == 0) {
        announce("client");
        if (is("apart") && setsid() < 0)
            die("setsid");
        if (!is("inherited"))
            close(listener);
        want_answer(client);
        return 0;
    }
    announce("parent");
    may_be_told();
    close(client);
    if (healthy != NULL && strcmp(healthy, "accepted") == 0 && accept(listener, NULL, NULL) < 0)
        die("accept");
    in_place();
    if (healthy != NULL)
        work();
    if (is("asleep") || is("apart"))
        sleep(1000);
    if (is("ready"))
        read_to_end(ready[0]);
    wait_for(pid);
    return 0;
}
