/*
 * shared-locks FORM: processes that wait for each other in memory that they share, or for a lock that fork copied.
 *   abba       two processes, two mutexes in anonymous shared memory
 *   file       the same in a memory file (memfd_create(2)); somebody at work beside them has another one of that name
 *   readers    each has a read-write lock for reading, which the other one wants to write; their parent waits for both
 *   parent     a child wants the mutex of the parent that waits for it
 *   died       a child has exited with a shared mutex
 *   semaphore  parent and child each wait for a post of the other, in a named semaphore that has no name any more
 *   unnamed    the same in a file of /dev/shm that never had a name (O_TMPFILE)
 *   keyless    the same in System V memory without a key, which is to be removed already
 *   fork       a thread has a mutex while another one forks: the child wants it, the parent waits for the child
 *   workers    the same with eight children
 * ZOO_FORM=healthy: the same program, in which whoever is waited for sleeps first, or the lock recovers.
 * ZOO_FORM=named: anybody may post: the semaphore has its name still, the file was given one (linkat(2)), the memory has a key.
 */
#include "zoo.h"
#include <semaphore.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

struct shared {
    pthread_mutex_t locks[2];
    pthread_rwlock_t tables[2];
    pthread_barrier_t held;
};

static struct shared *shared;
static pthread_mutex_t private_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t taken;
static bool healthy;

static int memory_file(void)
{
    int file = memfd_create("zoo", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, sizeof *shared) < 0)
        die("memfd_create");
    return file;
}

/* In a file, or where that is -1 in anonymous memory. */
static void share(int file)
{
    pthread_mutexattr_t mutex;
    pthread_barrierattr_t barrier;
    pthread_rwlockattr_t table;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | (file < 0 ? MAP_ANONYMOUS : 0), file, 0);
    if (shared == MAP_FAILED)
        die("mmap");
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    if (healthy)
        pthread_mutexattr_setrobust(&mutex, PTHREAD_MUTEX_ROBUST);
    pthread_barrierattr_init(&barrier);
    pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED);
    pthread_rwlockattr_init(&table);
    pthread_rwlockattr_setpshared(&table, PTHREAD_PROCESS_SHARED);
    for (int i = 0; i < 2; i++) {
        pthread_mutex_init(&shared->locks[i], &mutex);
        pthread_rwlock_init(&shared->tables[i], &table);
    }
    pthread_barrier_init(&shared->held, &barrier, 2);
}

static void cross(const char *role, int mine)
{
    announce(role);
    pthread_mutex_lock(&shared->locks[mine]);
    pthread_barrier_wait(&shared->held);
    in_place();
    if (healthy && mine == 0)
        work();
    pthread_mutex_lock(&shared->locks[1 - mine]);
    _exit(0);
}

static void read_then_write(const char *role, int mine)
{
    if (fork_or_die() != 0)
        return;
    announce(role);
    pthread_rwlock_rdlock(&shared->tables[mine]);
    pthread_barrier_wait(&shared->held);
    in_place();
    if (healthy && mine == 0)
        work();
    pthread_rwlock_wrlock(&shared->tables[1 - mine]);
    _exit(0);
}

static void *takes_and_exits(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&private_lock);
    pthread_barrier_wait(&taken);
    pthread_barrier_wait(&taken);
    pthread_mutex_unlock(&private_lock);
    return NULL;
}

static void fork_children(int count)
{
    pthread_t thread;
    pthread_barrier_init(&taken, NULL, 2);
    if (pthread_create(&thread, NULL, takes_and_exits, NULL) != 0)
        die("pthread_create");
    pthread_barrier_wait(&taken);
    for (int i = 0; i < count; i++) {
        if (fork_or_die() != 0)
            continue;
        char role[32];
        snprintf(role, sizeof role, "worker-%d", i);
        announce(role);
        in_place();
        if (healthy)
            work();
        pthread_mutex_lock(&private_lock);
        _exit(0);
    }
    /* The parent goes on alone, so that it is stuck as well. */
    pthread_barrier_wait(&taken);
    pthread_join(thread, NULL);
    in_place();
    while (wait(NULL) > 0 || errno == EINTR)
        ;
}

/* Each waits for the other's post. */
static void talk(sem_t *of[2])
{
    int me = fork_or_die() == 0;
    announce(me ? "second" : "first");
    in_place();
    if (healthy && me)
        work();
    while (sem_wait(of[me]) < 0 && errno == EINTR)
        ;
    sem_post(of[1 - me]);
}

static void open_both(sem_t *of[2], bool named)
{
    char name[64];
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "/zoo-%d-%d", (int)getpid(), i);
        of[i] = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
        if (of[i] == SEM_FAILED)
            die("sem_open");
        if (named)
            leaves_behind('n', name);
        else
            sem_unlink(name);
    }
}

static void place_both(sem_t *of[2], void *memory)
{
    if (memory == MAP_FAILED)
        die("memory");
    for (int i = 0; i < 2; i++) {
        of[i] = (sem_t *)memory + i;
        sem_init(of[i], 1, 0);
    }
}

static void *map_unnamed(bool named)
{
    int file = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, 4096) < 0)
        die("O_TMPFILE");
    if (named) {
        char from[32], name[64];
        snprintf(from, sizeof from, "/proc/self/fd/%d", file);
        snprintf(name, sizeof name, "/dev/shm/zoo-%d", (int)getpid());
        if (linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0)
            die("linkat");
        leaves_behind('f', name);
    }
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return memory;
}

static void *attach(bool named)
{
    int id = shmget(named ? (key_t)(0x5a000000 | (getpid() & 0x3fffff)) : IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    void *memory = id < 0 ? MAP_FAILED : shmat(id, NULL, 0);
    if (memory == MAP_FAILED)
        die("shmat");
    if (named) {
        char text[16];
        snprintf(text, sizeof text, "%d", id);
        leaves_behind('h', text);
    } else {
        shmctl(id, IPC_RMID, NULL);
    }
    return memory;
}

int main(int argc, char **argv)
{
    const char *form = argc > 1 ? argv[1] : "abba";
    const char *said = getenv("ZOO_FORM");
    healthy = said && strcmp(said, "healthy") == 0;
    if (strcmp(form, "abba") == 0) {
        share(-1);
        if (fork_or_die() == 0)
            cross("second", 1);
        cross("first", 0);
    } else if (strcmp(form, "file") == 0) {
        if (fork_or_die() != 0) {
            memory_file();
            announce("bystander");
            in_place();
            work();
        }
        share(memory_file());
        if (fork_or_die() == 0)
            cross("second", 1);
        cross("first", 0);
    } else if (strcmp(form, "readers") == 0) {
        share(-1);
        read_then_write("first", 0);
        read_then_write("second", 1);
        announce("parent");
        in_place();
        while (wait(NULL) > 0 || errno == EINTR)
            ;
    } else if (strcmp(form, "parent") == 0) {
        share(-1);
        pthread_mutex_lock(&shared->locks[0]);
        pid_t pid = fork_or_die();
        announce(pid == 0 ? "child" : "parent");
        in_place();
        if (pid == 0) {
            pthread_mutex_lock(&shared->locks[0]);
            _exit(0);
        }
        if (healthy)
            work();
        wait_for(pid);
    } else if (strcmp(form, "died") == 0) {
        share(-1);
        announce("shared-locks");
        pid_t pid = fork_or_die();
        if (pid == 0) {
            pthread_mutex_lock(&shared->locks[0]);
            _exit(0);
        }
        wait_for(pid);
        if (!healthy)
            in_place();
        if (pthread_mutex_lock(&shared->locks[0]) == EOWNERDEAD) {
            pthread_mutex_consistent(&shared->locks[0]);
            in_place();
            work();
        }
    } else if (strcmp(form, "semaphore") == 0 || strcmp(form, "unnamed") == 0 || strcmp(form, "keyless") == 0) {
        bool named = said && strcmp(said, "named") == 0;
        sem_t *of[2];
        if (strcmp(form, "semaphore") == 0)
            open_both(of, named);
        else
            place_both(of, strcmp(form, "unnamed") == 0 ? map_unnamed(named) : attach(named));
        talk(of);
    } else {
        announce("shared-locks");
        fork_children(strcmp(form, "workers") == 0 ? 8 : 1);
    }
    return 0;
}
