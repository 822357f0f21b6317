/*
 * beside stdin|output: a server that was started beside a reader has inherited the write end of the reader's pipe. All are of one process group.
 *
 *   stdin    the reader reads its stdin to the end; its parent has closed its own ends, and waits for the reader
 *   output   the parent itself collects the output of a child that has exited, before it waits for it
 *
 * ZOO_FORM=busy: the server is at work. The program is its own server, after an exec (`beside serve`).
 */
#include "zoo.h"
#include <sys/socket.h>
#include <sys/un.h>

enum { READ = 5, WRITE = 6 };

static int serve(void)
{
    close(READ);
    const char *form = getenv("ZOO_FORM");
    if (form != NULL && strcmp(form, "busy") == 0)
        work();
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    strcpy(name.sun_path, "service");
    if (listener < 0 || bind(listener, (struct sockaddr *)&name, sizeof name) < 0 || listen(listener, 5) < 0)
        return 70;
    for (;;)
        close(accept(listener, NULL, NULL));
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "stdin";
    if (strcmp(how, "serve") == 0)
        return serve();
    int collects = strcmp(how, "output") == 0;
    announce("parent");
    pipe_at(READ, WRITE);
    fcntl(WRITE, F_SETFD, 0);
    if (fork_or_die() == 0)
        become("server", (char *[]){argv[0], "serve", NULL});
    pid_t other = fork_or_die();
    if (other == 0 && collects)
        _exit(0);
    if (other == 0) {
        dup2(READ, 0);
        close(WRITE);
        become("reader", (char *[]){"cat", NULL});
    }
    close(WRITE);
    if (!collects)
        close(READ);
    in_place();
    if (collects)
        read_to_end(READ);
    wait_for(other);
    return 0;
}
