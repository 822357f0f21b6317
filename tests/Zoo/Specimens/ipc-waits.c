/*
 * ipc-waits FORM: a parent and its child, each waiting for the other to speak first. With ZOO_ALIVE set, the child goes on working instead; with ZOO_NAMED
 * set, anybody else could speak: the objects keep their names, or have keys; with ZOO_LINKED, FIFOs have another name left.
 *
 *   semaphores  two semaphores of one System V set
 *   messages    two System V message queues
 *   queues      two POSIX message queues, unlinked
 *   fifos       two FIFOs, unlinked
 *   terminal    the two sides of a pseudoterminal
 *   full        one System V message queue: the child fills it, and the parent, who is to take the messages, waits for the child to exit
 */
#include "zoo.h"
#include <mqueue.h>
#include <sys/stat.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>

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

int main(int argc, char **argv)
{
    const char *form = argc > 1 ? argv[1] : "semaphores";
    named = getenv("ZOO_NAMED") != NULL;
    int ends[2][2] = {{-1, -1}, {-1, -1}};
    if (strcmp(form, "semaphores") == 0) {
        ends[0][0] = semget(key(0), 2, IPC_CREAT | 0600);
        leave('s', ends[0][0]);
    } else if (strcmp(form, "messages") == 0 || strcmp(form, "full") == 0) {
        for (int i = 0; i < 2; i++) {
            ends[i][0] = msgget(key(i), IPC_CREAT | 0600);
            leave('q', ends[i][0]);
        }
    } else if (strcmp(form, "queues") == 0) {
        for (int i = 0; i < 2; i++)
            ends[i][0] = open_queue(i);
    } else if (strcmp(form, "fifos") == 0) {
        open_fifo("there", ends[0]);
        open_fifo("back", ends[1]);
    } else {
        ends[0][0] = posix_openpt(O_RDWR | O_NOCTTY);
        if (ends[0][0] < 0 || grantpt(ends[0][0]) < 0 || unlockpt(ends[0][0]) < 0)
            die("posix_openpt");
        ends[1][0] = open(ptsname(ends[0][0]), O_RDWR | O_NOCTTY);
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
    else if (strcmp(form, "queues") == 0)
        mq_receive(ends[child][0], message.text, sizeof message.text, NULL);
    else if (read(ends[child][0], message.text, 1) < 0)
        return 1;
    return 0;
}
