/*
 * fifo-open read|write|creat|cross: opens a FIFO whose other end nobody opens; cross: two processes open two FIFOs in opposite order. With ZOO_ALIVE set, a
 * child is at work that will open the other end when it has done.
 */
#include "zoo.h"
#include <sys/stat.h>

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "read";
    if (mkfifo("requests", 0600) < 0 || mkfifo("answers", 0600) < 0)
        die("mkfifo");
    int cross = strcmp(how, "cross") == 0;
    if ((cross || getenv("ZOO_ALIVE") != NULL) && fork_or_die() == 0) {
        announce("second");
        in_place();
        if (getenv("ZOO_ALIVE") != NULL)
            work();
        return open("answers", O_WRONLY) < 0;
    }
    announce("opener");
    in_place();
    if (strcmp(how, "creat") == 0)
        return creat("requests", 0600) < 0;
    return open("requests", strcmp(how, "write") == 0 ? O_WRONLY : O_RDONLY) < 0;
}
