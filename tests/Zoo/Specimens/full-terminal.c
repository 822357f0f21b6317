/*
 * full-terminal FORM: a child writes to a pseudoterminal until it takes no more; its parent, who has the master, waits for the child and does not read.
 *
 *   wait   the child has the slave alone
 *   kept   the child has the master as well, for it never closed what it was forked with
 *   poll   the child polls for room
 *   both   the parent types more than the child takes, instead of waiting for it
 *   reads  the child reads its terminal, and the parent, who was to type, waits for it
 *   prints the child reads its terminal, and the parent, who was to type, reads what it prints into a pipe
 *   asks   the child reads its terminal by the name of /dev/tty, as who asks for a password does, and the parent waits for it
 *
 * ZOO_FORM=busy: the parent is at work, and will read some day.
 */
#include "zoo.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

static char block[4096];

static void fill(int fd)
{
    in_place();
    while (write(fd, block, sizeof block) > 0)
        ;
}

int main(int argc, char **argv)
{
    const char *form = argc > 1 ? argv[1] : "wait";
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        die("posix_openpt");
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (slave < 0)
        die("open");
    // No line editing and no echo: what is typed fills up as well.
    struct termios raw;
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    memset(block, 'x', sizeof block);
    int output[2];
    if (pipe2(output, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        announce("child");
        if (strcmp(form, "kept") != 0)
            close(master);
        if (strcmp(form, "poll") == 0) {
            fcntl(slave, F_SETFL, O_NONBLOCK);
            // The kernel hands what was written to the master's side a little later, and there is room once more.
            do {
                while (write(slave, block, sizeof block) > 0)
                    ;
            } while (poll(&(struct pollfd){.fd = slave, .events = POLLOUT}, 1, 200) > 0);
            in_place();
            while (poll(&(struct pollfd){.fd = slave, .events = POLLOUT}, 1, -1) > 0)
                while (write(slave, block, sizeof block) > 0)
                    ;
            return 0;
        }
        if (strcmp(form, "prints") == 0)
            dup2(output[1], 1);
        close(output[0]);
        close(output[1]);
        if (strcmp(form, "reads") == 0 || strcmp(form, "prints") == 0) {
            in_place();
            read_to_end(slave);
        }
        if (strcmp(form, "asks") == 0) {
            if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
                die("TIOCSCTTY");
            int terminal = open("/dev/tty", O_RDWR);
            if (terminal < 0)
                die("/dev/tty");
            close(slave);
            in_place();
            read_to_end(terminal);
        }
        fill(slave);
        return 0;
    }
    announce("parent");
    close(slave);
    if (getenv("ZOO_FORM") != NULL) {
        in_place();
        work();
    }
    if (strcmp(form, "both") == 0)
        fill(master);
    close(output[1]);
    if (strcmp(form, "prints") == 0) {
        in_place();
        read_to_end(output[0]);
    }
    close(output[0]);
    in_place();
    wait_for(pid);
    return 0;
}
