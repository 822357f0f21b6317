/*
 * ipc-waits FORM: a parent and its child, each waiting for the other to speak first. With ZOO_ALIVE set, the child goes on working instead; with ZOO_NAMED
 * set, anybody else could speak: the objects keep their names, or have keys; with ZOO_LINKED, FIFOs have another name left; with ZOO_TIMED, a read of the
 * terminal takes no longer than 25 s (VTIME).
 *
 *   semaphores  two semaphores of one System V set
 *   messages    two System V message queues
 *   queues      two POSIX message queues, unlinked
 *   polled      the same in poll(2)
 *   fifos       two FIFOs, unlinked
 *   terminal    the two sides of a pseudoterminal
 *   prompt      the child reads a pseudoterminal, whose other side the parent has, who reads the child's output to its end
 *   answer      the child waits for a semaphore in memory of theirs, which the parent has taken, who waits for an answer over a pair of sockets
 *   full        one System V message queue: the child fills it, and the parent, who is to take the messages, waits for the child to exit
 */
#include "zoo.h"
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <termios.h>

static int named;

static key_t key(int number)
{
    return named ? (key_t)(0x5a000000 | number << 22 | (getpid() & 0x3fffff)) : IPC_PRIVATE;
}

/* The child reads what the parent writes, at fds[0]; the parent what the child writes. */
static void open_fifo(const char *name, int *ends)
{
    if (mkfifo(name, 0600) < 0)
        die("mkfifo");
    int both = open(name, O_RDWR);
    ends[0] = open(name, O_RDONLY);
    ends[1] = open(name, O_WRONLY);
    close(both);
    if (getenv("ZOO_LINKED") != NULL) {
        char other[32];
        snprintf(other, sizeof other, "%s-again", name);
        if (link(name, other) < 0)
            die("link");
    }
    if (!named)
        unlink(name);
}

static void leave(char kind, int id)
{
    char text[16];
    snprintf(text, sizeof text, "%d", id);
    leaves_behind(kind, text);
}

static mqd_t open_queue(int number)
{
    char name[64];
    snprintf(name, sizeof name, "/zoo-%d-%d", (int)getpid(), number);
    // Small ones: a user may have but so many bytes of queues.
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT, 0600, &(struct mq_attr){.mq_maxmsg = 1, .mq_msgsize = 64});
    if (queue < 0)
        die("mq_open");
    if (named)
        leaves_behind('m', name);
    else
        mq_unlink(name);
    return queue;
}

static void open_terminal(int *master, int *slave)
{
    *master = posix_openpt(O_RDWR | O_NOCTTY);
    if (*master < 0 || grantpt(*master) < 0 || unlockpt(*master) < 0 || (*slave = open(ptsname(*master), O_RDWR | O_NOCTTY)) < 0)
        die("posix_openpt");
    if (getenv("ZOO_TIMED") == NULL)
        return;
    struct termios raw;
    tcgetattr(*slave, &raw);
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 250;
    tcsetattr(*slave, TCSANOW, &raw);
}

/* Of the child's terminal and its output. */
static int prompt(void)
{
    int master, slave, output[2];
    open_terminal(&master, &slave);
    if (pipe2(output, O_CLOEXEC) < 0)
        die("pipe2");
    int child = fork_or_die() == 0;
    announce(child ? "child" : "parent");
    close(child ? master : slave);
    close(output[!child]);
    in_place();
    if (child && getenv("ZOO_ALIVE") != NULL)
        work();
    read_to_end(child ? slave : output[0]);
    return 0;
}

/* As where a pipe of a fork-server is used: both have both of its ends. */
static int answer(void)
{
    int ends[2];
    sem_t *taken = mmap(NULL, sizeof *taken, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (taken == MAP_FAILED || sem_init(taken, 1, 0) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        die("socketpair");
    int child = fork_or_die() == 0;
    char byte = 0;
    announce(child ? "child" : "parent");
    in_place();
    if (child && getenv("ZOO_ALIVE") != NULL)
        work();
    if (child)
        return sem_wait(taken) < 0 || write(ends[1], &byte, 1) != 1;
    return read(ends[0], &byte, 1) != 1;
}

int main(int argc, char **argv)
{
    const char *form = argc > 1 ? argv[1] : "semaphores";
    named = getenv("ZOO_NAMED") != NULL;
    if (strcmp(form, "prompt") == 0)
        return prompt();
    if (strcmp(form, "answer") == 0)
        return answer();
    int ends[2][2] = {{-1, -1}, {-1, -1}};
    if (strcmp(form, "semaphores") == 0) {
        ends[0][0] = semget(key(0), 2, IPC_CREAT | 0600);
        leave('s', ends[0][0]);
    } else if (strcmp(form, "messages") == 0 || strcmp(form, "full") == 0) {
        for (int i = 0; i < 2; i++) {
            ends[i][0] = msgget(key(i), IPC_CREAT | 0600);
            leave('q', ends[i][0]);
        }
    } else if (strcmp(form, "queues") == 0 || strcmp(form, "polled") == 0) {
        for (int i = 0; i < 2; i++)
            ends[i][0] = open_queue(i);
    } else if (strcmp(form, "fifos") == 0) {
        open_fifo("there", ends[0]);
        open_fifo("back", ends[1]);
    } else {
        open_terminal(&ends[0][0], &ends[1][0]);
    }
    if (ends[0][0] < 0)
        die(form);

    pid_t made = fork_or_die();
    int child = made == 0;
    announce(child ? "child" : "parent");
    if (strcmp(form, "fifos") == 0) {
        close(ends[child][1]);
        close(ends[!child][0]);
    } else if (strcmp(form, "terminal") == 0) {
        close(ends[!child][0]);
    }
    in_place();
    if (child && getenv("ZOO_ALIVE") != NULL)
        work();
    struct {
        long type;
        char text[8192];
    } message;
    if (strcmp(form, "full") == 0) {
        if (!child)
            wait_for(made);
        for (message.type = 1; msgsnd(ends[0][0], &message, 1024, 0) == 0;)
            ;
        return 1;
    }
    if (strcmp(form, "semaphores") == 0)
        semop(ends[0][0], &(struct sembuf){.sem_num = (unsigned short)child, .sem_op = -1}, 1);
    else if (strcmp(form, "messages") == 0)
        msgrcv(ends[child][0], &message, sizeof message.text, 0, 0);
    else if (strcmp(form, "polled") == 0)
        poll(&(struct pollfd){.fd = ends[child][0], .events = POLLIN}, 1, -1);
    else if (strcmp(form, "queues") == 0)
        mq_receive(ends[child][0], message.text, sizeof message.text, NULL);
    else if (read(ends[child][0], message.text, 1) < 0)
        return 1;
    return 0;
}
