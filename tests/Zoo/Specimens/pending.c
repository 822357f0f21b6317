/*
 * pending WHAT: what the kernel does for a process while none of its threads runs.
 *
 *   pipe      a child reads a pipe that its parent, who waits for it, has the other end of
 *   eventfd   a child waits on an eventfd that it has from its parent, who has closed it, and waits for the child
 *   own       one process waits on an eventfd of its own
 *
 * Whoever is to write or to add has had an io_uring or an AIO context, and has it no more. With ZOO_FORM it has one, and in the end something comes from there:
 *   ring      an io_uring: a write to the pipe, or the end of a request, of which the eventfd is told
 *   mapped    the same, and its descriptor is closed: only the mapping is left
 *   aio       an AIO context (eventfd, own), with a request that adds to the eventfd when it ends
 */
#include "zoo.h"
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { ENTRIES = 4 };

static const char *form;

static int is(const char *name)
{
    return form != NULL && strcmp(form, name) == 0;
}

static void *map(int ring, size_t size, off_t offset)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, offset);
    if (memory == MAP_FAILED)
        die("mmap");
    return memory;
}

/* A timeout, and after it a write of one byte to fd (write), or nothing, but fd (an eventfd) is told of its end. */
static void leave_in_ring(int fd, bool write)
{
    static struct __kernel_timespec late = {.tv_sec = 1000};
    struct io_uring_params params = {0};
    int ring = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
    if (ring < 0)
        die("io_uring_setup");
    size_t queue_size = params.sq_off.array + ENTRIES * sizeof(unsigned), entries_size = ENTRIES * sizeof(struct io_uring_sqe);
    char *queue = map(ring, queue_size, IORING_OFF_SQ_RING);
    struct io_uring_sqe *entries = map(ring, entries_size, IORING_OFF_SQES);
    if (form == NULL) {
        munmap(queue, queue_size);
        munmap(entries, entries_size);
        close(ring);
        return;
    }
    if (!write && syscall(SYS_io_uring_register, ring, IORING_REGISTER_EVENTFD, &fd, 1) < 0)
        die("io_uring_register");
    entries[0] = (struct io_uring_sqe){.opcode = IORING_OP_TIMEOUT, .addr = (uintptr_t)&late, .len = 1, .timeout_flags = IORING_TIMEOUT_ETIME_SUCCESS, .flags = write ? IOSQE_IO_LINK : 0};
    entries[1] = (struct io_uring_sqe){.opcode = IORING_OP_WRITE, .fd = fd, .addr = (uintptr_t)"x", .len = 1};
    unsigned count = write ? 2 : 1, *array = (unsigned *)(queue + params.sq_off.array);
    for (unsigned i = 0; i < count; i++)
        array[i] = i;
    *(unsigned *)(queue + params.sq_off.tail) = count;
    if (syscall(SYS_io_uring_enter, ring, count, 0, 0, NULL, 0) != (int)count)
        die("io_uring_enter");
    if (is("mapped"))
        close(ring);
}

/* Waits for one end of a pipe to become readable: its other end a child has, which is at work. */
static void leave_in_context(int eventfd)
{
    aio_context_t context = 0;
    if (syscall(SYS_io_setup, ENTRIES, &context) < 0)
        die("io_setup");
    if (form == NULL) {
        syscall(SYS_io_destroy, context);
        return;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe2");
    if (fork_or_die() == 0) {
        announce("worker");
        close(eventfd);
        close(ends[0]);
        in_place();
        work();
    }
    close(ends[1]);
    struct iocb request = {.aio_fildes = (uint32_t)ends[0], .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = POLLIN, .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = (uint32_t)eventfd};
    if (syscall(SYS_io_submit, context, 1, &(struct iocb *){&request}) != 1)
        die("io_submit");
    close(ends[0]);
}

static void leave(int eventfd)
{
    if (form == NULL || is("aio"))
        leave_in_context(eventfd);
    if (!is("aio"))
        leave_in_ring(eventfd, false);
}

static void await(int fd)
{
    uint64_t count;
    in_place();
    if (read(fd, &count, sizeof count) < 0)
        die("read");
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "pipe";
    form = getenv("ZOO_FORM");
    announce("parent");
    if (strcmp(what, "own") == 0) {
        int fd = eventfd(0, EFD_CLOEXEC);
        leave(fd);
        await(fd);
        return 0;
    }
    int ends[2] = {-1, -1};
    if (strcmp(what, "eventfd") == 0)
        ends[0] = ends[1] = eventfd(0, EFD_CLOEXEC);
    else if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        announce("child");
        if (ends[1] != ends[0])
            close(ends[1]);
        await(ends[0]);
        _exit(0);
    }
    if (ends[1] != ends[0]) {
        close(ends[0]);
        leave_in_ring(ends[1], true);
    } else {
        leave(ends[1]);
        close(ends[1]);
    }
    in_place();
    wait_for(pid);
    return 0;
}
