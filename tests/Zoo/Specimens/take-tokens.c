/* take-tokens R,W: takes tokens of a make job server at these fds until there is none, and then waits for one more. ZOO_FORM=busy: is at work instead. */
#include "zoo.h"
#include <poll.h>

int main(int argc, char **argv)
{
    const char *form = getenv("ZOO_FORM");
    int from, to;
    char token;
    if (argc < 2 || sscanf(argv[1], "%d,%d", &from, &to) != 2)
        return 2;
    if (form != NULL && strcmp(form, "busy") == 0)
        work();
    for (;;) {
        if (poll(&(struct pollfd){.fd = from, .events = POLLIN}, 1, -1) < 0)
            return 1;
        if (read(from, &token, 1) < 0 && errno != EAGAIN)
            return 1;
    }
}
