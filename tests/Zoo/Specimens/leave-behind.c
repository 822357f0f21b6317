/*
 * leave-behind idle|busy|holding: its leftover outlives it. idle and busy have a stdio whose other ends are gone with the
 * parent; holding has the write end of a pipe that a living process looks at now and then.
 */
#include "zoo.h"
#include <poll.h>

_Noreturn static void look_now_and_then(int fd)
{
    announce("looker");
    in_place();
    for (;;)
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 100);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "idle";
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) < 0 || pipe2(output, O_CLOEXEC) < 0)
        die("pipe2");
    if (strcmp(how, "holding") == 0 && fork_or_die() == 0) {
        setsid();
        close(input[0]);
        close(input[1]);
        close(output[1]);
        look_now_and_then(output[0]);
    }
    pid_t parent = getpid();
    if (fork_or_die() == 0) {
        dup2(input[0], 0);
        dup2(output[1], 1);
        dup2(output[1], 2);
        for (int i = 0; i < 2; i++) {
            close(input[i]);
            close(output[i]);
        }
        announce("leftover");
        while (getppid() == parent)
            nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
        in_place();
        if (strcmp(how, "busy") == 0)
            for (volatile unsigned long turns = 0;; turns++)
                ;
        work();
    }
    return 0;
}
