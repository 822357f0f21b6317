/*
 * file-locks FORM: processes that wait for each other's file locks. With ZOO_ALIVE set, whoever holds what is waited for goes on working.
 *
 *   flock      each has the lock of flock(2) on one file and waits for the other's
 *   ofd        the same with locks of open file descriptions
 *   mixed      one file locked by fcntl(2), the other by flock(2): the kernel sees no circle
 *   position   one locked by flock(2), the other by lockf(3), which counts from where the file stands
 *   ring       fourteen of them with fcntl(2): more than the kernel looks through for a circle
 *   upgrade    both have a shared lock and want it exclusive
 *   self       one process has the file open twice
 *   pipe       the holder reads a pipe from the waiter
 *   child      a child wants the lock of the parent that waits for it
 *   nested     a child wants the lock of the parent, one thread of which collects its output while the main thread waits for that one: a build in a build. Another thread may be sent SIGUSR1
 *   inherited  a child has inherited the file, and reads a pipe from its parent
 *   left       the same; who took the lock and started that child has exited
 *   memory     as child, with flock(2) on memory that has no name (memfd_create)
 *   mutex      one has the file locked and waits for a mutex in shared memory, the other has that and waits for the file
 *   stopped    the holder, a child, is stopped by SIGSTOP
 *   orphan     who took the lock has exited; what it started has inherited the open file, and is another program, which sleeps
 *   leaver     who waits for the lock took it itself, and has closed it; what it started with it has lost its parent, and sleeps
 * ZOO_FORM=daemon: of the last two, what sleeps took the lock for itself, when it was in the background already.
 */
#include "zoo.h"
#include <semaphore.h>
#include <sys/file.h>
#include <sys/mman.h>

enum { RING = 14 };

static int gate[2];
static int alive;

static int open_file(const char *name)
{
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        die(name);
    return fd;
}

static void take(int fd, const char *how, short type)
{
    if (strcmp(how, "lockf") == 0) {
        if (lseek(fd, 100, SEEK_SET) < 0 || lockf(fd, F_LOCK, 0) < 0)
            die("lockf");
        return;
    }
    struct flock range = {.l_type = type, .l_whence = SEEK_SET};
    int done = strcmp(how, "flock") == 0 ? flock(fd, type == F_RDLCK ? LOCK_SH : LOCK_EX)
             : fcntl(fd, strcmp(how, "ofd") == 0 ? F_OFD_SETLKW : F_SETLKW, &range);
    if (done < 0)
        die("lock");
}

/* Returns when all who have the gate have come so far. */
static void meet(void)
{
    close(gate[1]);
    read_to_end(gate[0]);
    close(gate[0]);
}

static void block_on(int fd, const char *how)
{
    in_place();
    take(fd, how, F_WRLCK);
}

static void circle(const char *how_one, const char *how_two)
{
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "second" : "first");
    int one = open_file("one.lock"), two = open_file("two.lock");
    if (pid == 0) {
        take(two, how_two, F_WRLCK);
        meet();
        if (alive) {
            in_place();
            work();
        }
        block_on(one, how_one);
    } else {
        take(one, how_one, F_WRLCK);
        meet();
        block_on(two, how_two);
    }
}

static void ring(void)
{
    int place = 0;
    for (int next = 1; next < RING && place == 0; next++) {
        if (fork_or_die() == 0)
            place = next;
    }
    char name[32];
    snprintf(name, sizeof name, "link-%d", place);
    announce(name);
    int own = open_file(name);
    snprintf(name, sizeof name, "link-%d", (place + 1) % RING);
    int other = open_file(name);
    take(own, "fcntl", F_WRLCK);
    meet();
    if (alive && place == RING - 1) {
        in_place();
        work();
    }
    block_on(other, "fcntl");
}

static void upgrade(void)
{
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "second" : "first");
    int fd = open_file("one.lock");
    take(fd, "ofd", F_RDLCK);
    meet();
    if (pid == 0 && alive) {
        in_place();
        work();
    }
    block_on(fd, "ofd");
}

static void *go_on(void *none)
{
    (void)none;
    work();
}

static void self(void)
{
    announce("self");
    int fd = open_file("one.lock"), again = open_file("one.lock");
    take(fd, "flock", F_WRLCK);
    pthread_t thread;
    if (alive && pthread_create(&thread, NULL, go_on, NULL) != 0)
        die("pthread_create");
    block_on(again, "flock");
}

static void read_pipe(const int *ends)
{
    close(ends[1]);
    in_place();
    if (alive)
        work();
    read_to_end(ends[0]);
    _exit(0);
}

static void held_behind_pipe(void)
{
    int ends[2];
    if (pipe(ends) < 0)
        die("pipe");
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "holder" : "waiter");
    int fd = open_file("one.lock");
    if (pid == 0) {
        take(fd, "flock", F_WRLCK);
        meet();
        read_pipe(ends);
    }
    meet();
    close(ends[0]);
    block_on(fd, "flock");
}

static void against_a_mutex(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t *mutex = mmap(NULL, sizeof *mutex, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (mutex == MAP_FAILED)
        die("mmap");
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(mutex, &attributes);
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "second" : "first");
    int fd = open_file("one.lock");
    if (pid == 0) {
        pthread_mutex_lock(mutex);
        meet();
        if (alive) {
            in_place();
            work();
        }
        block_on(fd, "flock");
    } else {
        take(fd, "flock", F_WRLCK);
        meet();
        in_place();
        pthread_mutex_lock(mutex);
    }
}

static void held_by_one_stopped(void)
{
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "holder" : "waiter");
    int fd = open_file("one.lock");
    if (pid == 0) {
        take(fd, "flock", F_WRLCK);
        meet();
        in_place();
        raise(SIGSTOP);
        work();
    }
    meet();
    if (waitpid(pid, NULL, WUNTRACED) != pid)
        die("waitpid");
    if (alive)
        kill(pid, SIGCONT);
    block_on(fd, "flock");
}

static void wanted_by_child(void)
{
    int fd = open_file("one.lock");
    take(fd, "fcntl", F_WRLCK);
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "child" : "parent");
    meet();
    if (pid == 0)
        block_on(fd, "fcntl");
    may_be_told();
    in_place();
    if (alive)
        work();
    wait_for(pid);
}

static sem_t collected;

static void on_signal(int signal)
{
    (void)signal;
}

static void *collect(void *end)
{
    thread_in_place();
    read_to_end(*(int *)end);
    sem_post(&collected);
    return NULL;
}

static void nested(void)
{
    int fd = open_file("one.lock"), output[2];
    take(fd, "flock", F_WRLCK);
    if (pipe2(output, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "child" : "parent");
    meet();
    if (pid == 0) {
        dup2(output[1], 1);
        close(output[0]);
        close(output[1]);
        close(fd);
        block_on(open_file("one.lock"), "flock");
        return;
    }
    close(output[1]);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_RESTART}, NULL);
    threads_to_come = 2;
    pthread_t thread;
    if (pthread_create(&thread, NULL, collect, &output[0]) != 0)
        die("pthread_create");
    thread_in_place();
    if (alive)
        work();
    while (sem_wait(&collected) < 0)
        ;
}

static void inherited(int left)
{
    int ends[2];
    if (pipe(ends) < 0)
        die("pipe");
    announce("waiter");
    pid_t taker = left ? fork_or_die() : 0;
    if (taker == 0) {
        int fd = open_file("one.lock");
        take(fd, "flock", F_WRLCK);
        if (fork_or_die() == 0) {
            announce("holder");
            meet();
            read_pipe(ends);
        }
        if (left)
            _exit(0);
        close(fd);
    } else {
        wait_for(taker);
    }
    meet();
    close(ends[0]);
    block_on(open_file("one.lock"), "flock");
}

static void in_memory(void)
{
    char name[32];
    int fd = memfd_create("lock", MFD_CLOEXEC);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    int again = open(name, O_RDWR | O_CLOEXEC);
    if (again < 0)
        die("memfd_create");
    take(fd, "flock", F_WRLCK);
    pid_t pid = fork_or_die();
    announce(pid == 0 ? "child" : "parent");
    meet();
    if (pid == 0) {
        close(fd);
        block_on(again, "flock");
    }
    close(again);
    in_place();
    if (alive)
        work();
    wait_for(pid);
}

/* Returns in the waiter, when the background process is there and has the lock. */
static void leave_in_the_background(bool taken)
{
    pid_t parent = fork_or_die();
    if (parent != 0) {
        wait_for(parent);
        return;
    }
    const char *said = getenv("ZOO_FORM");
    bool daemon = said && strcmp(said, "daemon") == 0;
    int fd = taken || daemon ? -1 : open("one.lock", O_RDWR | O_CREAT, 0600);
    if (fd >= 0)
        take(fd, "flock", F_WRLCK);
    parent = getpid();
    if (fork_or_die() != 0)
        _exit(0);
    while (getppid() == parent)
        nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
    if (!taken && !daemon && !alive)
        become("holder", (char *[]){"sleep", "100000", NULL});
    announce("holder");
    if (taken || daemon)
        setsid();
    if (daemon)
        take(open_file("one.lock"), "flock", F_WRLCK);
    close(gate[1]);
    in_place();
    if (alive)
        work();
    for (;;)
        nanosleep(&(struct timespec){.tv_sec = 100000}, NULL);
}

static void left_to_an_orphan(bool taken)
{
    announce("waiter");
    const char *said = getenv("ZOO_FORM");
    int fd = taken && !(said && strcmp(said, "daemon") == 0) ? open("one.lock", O_RDWR | O_CREAT, 0600) : -1;
    if (fd >= 0)
        take(fd, "flock", F_WRLCK);
    leave_in_the_background(taken);
    close(fd);
    meet();
    block_on(open_file("one.lock"), "flock");
}

int main(int argc, char **argv)
{
    const char *form = argc > 1 ? argv[1] : "flock";
    alive = getenv("ZOO_ALIVE") != NULL;
    if (pipe2(gate, O_CLOEXEC) < 0)
        die("pipe2");
    if (strcmp(form, "mixed") == 0)
        circle("fcntl", "flock");
    else if (strcmp(form, "position") == 0)
        circle("lockf", "flock");
    else if (strcmp(form, "ring") == 0)
        ring();
    else if (strcmp(form, "upgrade") == 0)
        upgrade();
    else if (strcmp(form, "self") == 0)
        self();
    else if (strcmp(form, "pipe") == 0)
        held_behind_pipe();
    else if (strcmp(form, "child") == 0)
        wanted_by_child();
    else if (strcmp(form, "nested") == 0)
        nested();
    else if (strcmp(form, "inherited") == 0 || strcmp(form, "left") == 0)
        inherited(strcmp(form, "left") == 0);
    else if (strcmp(form, "mutex") == 0)
        against_a_mutex();
    else if (strcmp(form, "stopped") == 0)
        held_by_one_stopped();
    else if (strcmp(form, "memory") == 0)
        in_memory();
    else if (strcmp(form, "orphan") == 0 || strcmp(form, "leaver") == 0)
        left_to_an_orphan(strcmp(form, "leaver") == 0);
    else
        circle(form, form);
    return 0;
}
