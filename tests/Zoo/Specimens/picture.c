/*
 * picture PROCESS...: a hang as it is drawn. Each process is ENDS/WAIT:
 *   ENDS  0ra,5ra,1wb   fd 0 and fd 5 read pipe a, fd 1 writes pipe b
 *   WAIT  r5     reads fd 5 to its end       w1    fills the pipe at fd 1, and writes on
 *         p5+6   polls fds 5 and 6           c     waits for its children
 *         l      waits for a lock of its own that nobody has        s    waits in a condition variable
 *         o      is left behind by its parent, and is sleep(1)
 * The first process is the parent of the others; they announce themselves as p0, p1 ... All but who is left behind have one name and one command line.
 */
#include "zoo.h"
#include <poll.h>

enum { MAX_PIPES = 26, OUT_OF_THE_WAY = 200 };
static int pipes[MAX_PIPES][2];

static void make_pipes(int count, char **process)
{
    for (int i = 0; i < count; i++)
        for (const char *at = process[i]; *at != '/' && *at != 0; at++) {
            if (*at < 'a' || *at > 'z' || *at == 'r' || *at == 'w' || pipes[*at - 'a'][0] != 0)
                continue;
            int ends[2], *kept = pipes[*at - 'a'];
            if (pipe(ends) < 0)
                die("pipe");
            for (int end = 0; end < 2; end++) {
                kept[end] = fcntl(ends[end], F_DUPFD, OUT_OF_THE_WAY);
                close(ends[end]);
            }
        }
}

/* What does not stand in the picture is closed. Who made a pipe for others closes its own end on exec. */
static const char *take_ends(const char *at, int is_maker)
{
    while (*at != '/') {
        char *mode;
        int fd = (int)strtol(at, &mode, 10);
        if (dup3(pipes[mode[1] - 'a'][mode[0] == 'w'], fd, is_maker ? O_CLOEXEC : 0) < 0)
            die("dup3");
        at = mode[2] == ',' ? mode + 3 : mode + 2;
    }
    for (int pipe = 0; pipe < MAX_PIPES; pipe++)
        for (int end = 0; end < 2 && pipes[pipe][0] != 0; end++)
            close(pipes[pipe][end]);
    return at + 1;
}

static void fill_and_write(int fd)
{
    static char page[4096];
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    while (write(fd, page, sizeof page) > 0)
        ;
    fcntl(fd, F_SETFL, flags);
    in_place();
    if (write(fd, page, sizeof page) < 0)
        die("write");
}

static void poll_all(const char *at)
{
    struct pollfd set[8];
    nfds_t count = 0;
    for (; *at != 0 && count < 8; count++) {
        char *end;
        set[count] = (struct pollfd){.fd = (int)strtol(at, &end, 10), .events = POLLIN};
        at = *end == '+' ? end + 1 : end;
    }
    in_place();
    poll(set, count, -1);
}

static void await(const char *wait)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    switch (wait[0]) {
    case 'r':
        in_place();
        read_to_end(atoi(wait + 1));
        break;
    case 'w':
        fill_and_write(atoi(wait + 1));
        break;
    case 'p':
        poll_all(wait + 1);
        break;
    case 'c':
        in_place();
        while (waitpid(-1, NULL, 0) > 0)
            ;
        break;
    case 'l':
        pthread_mutex_lock(&mutex);
        in_place();
        pthread_mutex_lock(&mutex);
        break;
    case 's':
        pthread_mutex_lock(&mutex);
        in_place();
        pthread_cond_wait(&never, &mutex);
        break;
    default:
        die("no such wait");
    }
}

static void be(int number, const char *process)
{
    char role[16];
    const char *wait = take_ends(process, number == 0);
    snprintf(role, sizeof role, "p%d", number);
    if (wait[0] == 'o')
        become(role, (char *[]){"sleep", "1000", NULL});
    announce(role);
    await(wait);
    _exit(0);
}

int main(int argc, char **argv)
{
    make_pipes(argc - 1, argv + 1);
    for (int i = 2; i < argc; i++) {
        int left = strstr(argv[i], "/o") != NULL;
        pid_t pid = fork_or_die();
        if (pid == 0) {
            if (left) {
                setsid();
                if (fork_or_die() != 0)
                    _exit(0);
            }
            be(i - 1, argv[i]);
        }
        if (left)
            wait_for(pid);
    }
    be(0, argv[1]);
}
