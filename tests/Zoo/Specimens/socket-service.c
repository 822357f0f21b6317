/*
 * socket-service workers|client: services that are idle, and nothing is wrong.
 *
 *   workers  a parent that waits for its workers; each waits in epoll for a connection, for a word of the parent over a pair of sockets, and for its own wake-up pair
 *   client   a client waits for the answer of a service that is in poll with its listener and all its connections
 */
#include "zoo.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static int listen_on(struct sockaddr_in *address)
{
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (server < 0 || bind(server, (struct sockaddr *)address, length) < 0 || listen(server, 5) < 0 || getsockname(server, (struct sockaddr *)address, &length) < 0)
        die("listen");
    return server;
}

static void watch(int set, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static int workers(void)
{
    struct sockaddr_in address;
    int server = listen_on(&address), words[2], wake[2];
    for (int i = 0; i < 2; i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, words) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, wake) < 0)
            die("socketpair");
        if (fork_or_die() == 0) {
            char role[16];
            snprintf(role, sizeof role, "worker-%d", i);
            announce(role);
            close(words[0]);
            int set = epoll_create1(EPOLL_CLOEXEC);
            watch(set, server);
            watch(set, words[1]);
            watch(set, wake[0]);
            struct epoll_event event;
            in_place();
            epoll_wait(set, &event, 1, -1);
            return 0;
        }
        close(words[1]);
        close(wake[0]);
        close(wake[1]);
    }
    announce("parent");
    in_place();
    wait_for(-1);
    return 0;
}

static int client(void)
{
    struct sockaddr_in address;
    int server = listen_on(&address);
    pid_t pid = fork_or_die();
    if (pid == 0) {
        int connection = accept(server, NULL, NULL);
        announce("service");
        struct pollfd watched[2] = {{.fd = server, .events = POLLIN}, {.fd = connection, .events = POLLIN}};
        in_place();
        poll(watched, 2, -1);
        return 0;
    }
    announce("client");
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
    close(server);
    in_place();
    read_to_end(connection);
    wait_for(pid);
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[1], "client") == 0 ? client() : workers();
}
