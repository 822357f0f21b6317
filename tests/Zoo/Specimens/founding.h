/*
 * The founding hang: runner -> contract-tests -> served-child. What the three share.
 *
 * fd tables as they were recorded (fd_shift moves all numbers above 2):
 *   served-child     0, 3 read   stdin and its duplicate       contract-tests   3 read, 6 write   one pipe, both ends
 *                    1, 4 write  stdout and its duplicate                       8 read, 9 write   one pipe, both ends
 *                    2, 5 write  stderr and its duplicate                       30 write          the child's lifeline
 *                    29 read     lifeline
 *
 * ZOO_FORM, so that all forms have the same names and arguments:
 *   eof             (default) contract-tests reads the child's stdout to its end before it lets go of the lifeline. The
 *                   services of the child keep duplicates of its stdio until the lifeline ends. Nobody moves again.
 *   seen            all threads of contract-tests and served-child wait in a futex, as it was seen.
 *   working         as eof, but a service still has work to do: a hazard, no hang.
 *   mended          the services let go of stdio when the work is done: it ends by itself.
 *   mended-working  no duplicates, and still at work.
 */
#ifndef FOUNDING_H
#define FOUNDING_H
#include "zoo.h"

static inline int is_form(const char *form)
{
    const char *asked = getenv("ZOO_FORM");
    return strcmp(asked != NULL ? asked : "eof", form) == 0;
}

static inline int shifted(int fd)
{
    const char *shift = getenv("ZOO_FD_SHIFT");
    return fd + (shift != NULL ? atoi(shift) : 0);
}

/* The program of that name beside the running one, or the path in the environment variable. */
static inline const char *program_beside(const char *name, const char *variable)
{
    static char path[4096];
    const char *given = getenv(variable);
    if (given != NULL)
        return given;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 64);
    if (length < 0)
        die("readlink /proc/self/exe");
    path[length] = 0;
    strcpy(strrchr(path, '/') + 1, name);
    return path;
}
#endif
