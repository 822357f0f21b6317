/* A service that waits for connections on a loopback port, under a parent that waits for it. */
#include "zoo.h"
#include <netinet/in.h>
#include <sys/socket.h>

int main(void)
{
    pid_t pid = fork_or_die();
    if (pid != 0) {
        announce("listener");
        in_place();
        wait_for(pid);
        return 0;
    }
    announce("service");
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (server < 0 || bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 5) < 0)
        die("listen");
    in_place();
    accept(server, NULL, NULL);
    return 0;
}
