/*
 * eventfds pair|alone|poll|full|full-poll: two processes with two eventfds, each waiting for the other to add to one first; or one process that waits on an eventfd that
 * nobody else has; or the pair in poll(2); or one process that adds to one that is full and that nobody else has, or polls it for room. ZOO_FORM=fed: a third process, which has both and is at work, adds to them now and then. ZOO_FORM=carried: one of them lies in the queue of a
 * socket, and who has that one is at work.
 */
#include "zoo.h"
#include <poll.h>
#include <sys/eventfd.h>

static void await_room(const char *how, int fd)
{
    uint64_t most = UINT64_MAX - 1, one = 1;
    if (write(fd, &most, sizeof most) < 0)
        die("write");
    in_place();
    if (strcmp(how, "full-poll") == 0)
        poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
    if (write(fd, &one, sizeof one) < 0)
        die("write");
}

static void await(const char *how, int fd)
{
    uint64_t count;
    in_place();
    if (strcmp(how, "poll") == 0)
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
    if (read(fd, &count, sizeof count) < 0)
        die("read");
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "pair", *form = getenv("ZOO_FORM");
    int there = eventfd(0, EFD_CLOEXEC), back = eventfd(0, EFD_CLOEXEC);
    if (there < 0 || back < 0)
        die("eventfd");
    announce("first");
    if (form != NULL && strcmp(form, "fed") == 0 && fork_or_die() == 0) {
        announce("feeder");
        in_place();
        work();
    }
    if (form != NULL && strcmp(form, "carried") == 0)
        carry(there);
    if (strncmp(how, "full", 4) == 0) {
        await_room(how, back);
        return 0;
    }
    if (strcmp(how, "alone") == 0) {
        await(how, back);
        return 0;
    }
    pid_t pid = fork_or_die();
    if (pid == 0) {
        announce("second");
        await(how, there);
        _exit(0);
    }
    await(how, back);
    wait_for(pid);
    return 0;
}
