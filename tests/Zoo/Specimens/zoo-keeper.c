/*
 * zoo-keeper [--limit SECONDS] [--exit-with-parent] -- PROGRAM [ARGUMENT]...
 *
 * Starts a specimen in a session of its own, says on stdout who is in it, and ends it, all of it and nothing else:
 * it is the child subreaper of whatever the specimen leaves behind, and kills only its own direct children, whose pids
 * cannot be reused before it has waited for them.
 *
 *   started PID         the specimen's first process
 *   role NAME PID       as the specimen announces it
 *   error TEXT          the specimen could not get into its shape
 *   ready               all of the specimen is in place
 *   ended               nothing of it lives any more
 *
 * It ends when its stdin reaches end of file (with --exit-with-parent: when its parent exits), after the limit
 * (default 600 s), on SIGTERM or SIGINT, or when the specimen is over. It is never part of a hang: it polls with a timeout.
 */
#include "zoo.h"
#include <ctype.h>
#include <dirent.h>
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>

static volatile sig_atomic_t told_to_end;

static void on_signal(int signal)
{
    if (signal != SIGCHLD)
        told_to_end = 1;
}

/* Field 4 of /proc/PID/stat, after the last bracket; -1 when it is gone. */
static pid_t parent_of(const char *pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0)
        return -1;
    text[got] = 0;
    char *after_comm = strrchr(text, ')');
    int ppid = -1;
    if (after_comm == NULL || sscanf(after_comm + 1, " %*c %d", &ppid) != 1)
        return -1;
    return ppid;
}

/* Kills direct children until there is none: what they leave behind becomes a direct child in turn. */
static void end_all(void)
{
    for (;;) {
        DIR *proc = opendir("/proc");
        if (proc != NULL) {
            for (struct dirent *entry; (entry = readdir(proc)) != NULL;)
                if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == getpid())
                    kill((pid_t)atoi(entry->d_name), SIGKILL);
            closedir(proc);
        }
        pid_t ended;
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (ended < 0 && errno == ECHILD)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 2 * 1000 * 1000}, NULL);
    }
}

static pid_t start_specimen(char *const argv[], int ready_write)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || dup2(ready_write, READY_FD) < 0)
        _exit(70);
    close_range(3, READY_FD - 1, 0);
    close_range(READY_FD + 1, ~0u, 0);
    execvp(argv[0], argv);
    die(argv[0]);
}

/* Lines `leaves KIND NAME` of what was announced: objects to remove when the specimen is gone. Each was written at once, so none is cut. */
static struct { char kind; char name[64]; } left[16];
static int count_left;

static void note_what_is_left(char *text)
{
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        if (count_left < 16 && sscanf(line, "leaves %c %63s", &left[count_left].kind, left[count_left].name) == 2)
            count_left++;
}

static void remove_what_is_left(void)
{
    for (int i = 0; i < count_left; i++)
        if (left[i].kind == 's')
            semctl(atoi(left[i].name), 0, IPC_RMID);
        else if (left[i].kind == 'q')
            msgctl(atoi(left[i].name), IPC_RMID, NULL);
        else if (left[i].kind == 'h')
            shmctl(atoi(left[i].name), IPC_RMID, NULL);
        else if (left[i].kind == 'n')
            sem_unlink(left[i].name);
        else if (left[i].kind == 'f')
            unlink(left[i].name);
        else
            mq_unlink(left[i].name);
}

static time_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

int main(int argc, char **argv)
{
    long limit = 600;
    int with_parent = 0, at = 1;
    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (strcmp(argv[at], "--exit-with-parent") == 0)
            with_parent = 1;
        else if (strcmp(argv[at], "--limit") == 0 && at + 1 < argc && atol(argv[at + 1]) > 0)
            limit = atol(argv[++at]);
        else
            break;
    }
    if (at + 1 >= argc || strcmp(argv[at], "--") != 0) {
        fprintf(stderr, "usage: zoo-keeper [--limit SECONDS] [--exit-with-parent] -- PROGRAM [ARGUMENT]...\n");
        return 2;
    }

    pid_t parent = getppid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            return 0;
    }

    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0) {
        perror("zoo-keeper: pipe2");
        return 1;
    }
    pid_t specimen = start_specimen(argv + at + 1, ready[1]);
    if (specimen < 0) {
        perror("zoo-keeper: fork");
        return 1;
    }
    close(ready[1]);
    dprintf(1, "started %d\n", (int)specimen);

    struct pollfd watched[2] = {{.fd = with_parent ? -1 : 0, .events = POLLIN}, {.fd = ready[0], .events = POLLIN}};
    time_t until = now() + limit;
    char text[4096];
    while (!told_to_end && now() < until) {
        int seen = poll(watched, 2, 500);
        if (seen > 0 && watched[0].revents != 0 && read(0, text, sizeof text) <= 0)
            break;
        if (seen > 0 && watched[1].revents != 0) {
            ssize_t got = read(ready[0], text, sizeof text - 1);
            if (got > 0) {
                text[got] = 0;
                dprintf(1, "%s", text);
                note_what_is_left(text);
            } else {
                dprintf(1, "ready\n");
                close(ready[0]);
                watched[1].fd = -1;
            }
        }
        pid_t ended;
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (ended < 0 && errno == ECHILD)
            break;
    }
    // All that ended at once may have had something to say.
    if (watched[1].fd >= 0 && waitpid(-1, NULL, WNOHANG) < 0) {
        ssize_t got;
        while ((got = read(ready[0], text, sizeof text)) > 0)
            dprintf(1, "%.*s", (int)got, text);
        dprintf(1, "ready\n");
    }
    end_all();
    remove_what_is_left();
    dprintf(1, "ended\n");
    return 0;
}
