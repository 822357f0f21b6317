// File descriptor tables.
#pragma once

#include "state.h"

enum { WORD = 64, S_IFMT = 0170000, S_IFIFO = 0010000, S_IFDIR = 0040000, FASYNC = 020000, O_NONBLOCK = 04000, MAX_SLOTS = 64 };

// include/uapi/linux/magic.h, fs/anon_inodes.c
enum { ANON_INODE_FS = 0x09041934, PIPE_FS = 0x50495045, SOCK_FS = 0x534F434B, PID_FS = 0x50494446, NS_FS = 0x6e736673, QUEUE_FS = 0x19800202 };

static struct {
    void *files[WORD];
    u64 actions[256];
    u64 ignored;
    u64 caught;
    u64 caught_as_child;
    u64 exe;
    struct {
        u64 address;
        u64 magic;
    } super_block;
    // The last process that a pass found as it was.
    struct {
        u64 leader;
        u64 pass;
    } left_out;
    bool wanted;
} scratch;

// One table while it is read, 64 descriptors at a time: a word of its bitmaps.
struct table {
    void *files;
    void *close_on_exec;
    void *open;
    u64 open_word;
    u64 exec_word;
    u32 words;
    u32 base;
};

struct slots {
    struct pipe_buffer *buffers;
    u32 tail;
    u32 mask;
    u32 bytes;
};

static long add_slot(u32 index, struct slots *slots)
{
    u32 length = 0;
    struct pipe_buffer *buffer = (void *)slots->buffers + (u64)((slots->tail + index) & slots->mask) * bpf_core_type_size(struct pipe_buffer);
    READ(length, &buffer->len);
    slots->bytes += length;
    return 0;
}

// By file->private_data, which is at hand, and not by inode->i_pipe, which is another line of cache.
static __always_inline void read_pipe(struct file *file, struct fd_row *row)
{
    struct pipe_inode_info *pipe;
    void *address = 0;
    struct slots slots = {};
    u32 head = 0, ring = 0;
    GET(address, file->private_data);
    if (!address || !row->access) // O_PATH: not open at all
        return;
    pipe = TYPED(pipe_inode_info, address);
    GET(head, pipe->head);
    GET(slots.tail, pipe->tail);
    GET(row->capacity, pipe->max_usage);
    GET(row->readers, pipe->readers);
    GET(row->writers, pipe->writers);
    row->slots = head - slots.tail;
    if (!row->slots)
        return;
    GET(ring, pipe->ring_size);
    GET(slots.buffers, pipe->bufs);
    slots.mask = ring - 1;
    // A pipe that was made larger than this by F_SETPIPE_SZ: at least so many bytes.
    bpf_loop(row->slots < MAX_SLOTS ? row->slots : MAX_SLOTS, add_slot, &slots, 0);
    row->fill = slots.bytes;
}

// Of who is suspect only: it is in a line of cache that nothing else of the file is in.
static __always_inline u32 references_of(struct file *file)
{
    long count = 0;
    if (!scratch.wanted)
        return 0;
    if (bpf_core_field_exists(file->f_ref)) {
        GET(count, file->f_ref.refcnt.counter);
        return count + 1; // FILE_REF_ONEREF is 0
    }
    READ(count, &((struct file___counted *)file)->f_count.counter);
    return count;
}

// Whether there have ever been locks on it; of who is suspect only, for the same reason.
static __always_inline u8 locks_of(struct inode *inode)
{
    void *locks = 0;
    if (scratch.wanted && bpf_core_field_exists(inode->i_flctx))
        GET(locks, inode->i_flctx);
    return locks ? FD_LOCKS : 0;
}

// Whether somebody is sent a signal when something happens there that no flag of the file tells of: in a directory (F_NOTIFY), to a message queue (mq_notify()).
static __always_inline bool is_watched(struct file *file, struct inode *inode, u16 type, u32 magic)
{
    void *owner = 0;
    if (magic == QUEUE_FS && bpf_core_type_exists(struct mqueue_inode_info)) {
        struct mqueue_inode_info *queue = (void *)inode - bpf_core_field_offset(struct mqueue_inode_info, vfs_inode);
        READ(owner, &queue->notify_owner);
    } else if ((type & S_IFMT) == S_IFDIR) {
        if (bpf_core_field_exists(file->f_owner))
            READ(owner, &file->f_owner);
        else
            READ(owner, &((struct file___owned *)file)->f_owner.pid);
    }
    return owner;
}

// The names that fs/*.c give to anon_inode_getfd(), as they show in the link.
static __always_inline u8 anonymous_kind(struct file *file)
{
    struct dentry *dentry = 0;
    const u8 *name = 0;
    u64 word = 0;
    GET(dentry, file->f_path.dentry);
    GET(name, dentry->d_name.name);
    bpf_probe_read_kernel(&word, sizeof(word), name);
#define EIGHT(a, b, c, d, e, f, g, h) \
    ((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | (u64)(e) << 32 | (u64)(f) << 40 | (u64)(g) << 48 | (u64)(h) << 56)
    if (word == EIGHT('[', 'e', 'v', 'e', 'n', 't', 'p', 'o'))
        return KIND_EPOLL;
    if (word == EIGHT('[', 'e', 'v', 'e', 'n', 't', 'f', 'd'))
        return KIND_EVENTFD;
    if (word == EIGHT('[', 's', 'i', 'g', 'n', 'a', 'l', 'f'))
        return KIND_SIGNALFD;
    if (word == EIGHT('[', 't', 'i', 'm', 'e', 'r', 'f', 'd'))
        return KIND_TIMERFD;
    if (word == EIGHT('[', 'i', 'o', '_', 'u', 'r', 'i', 'n'))
        return KIND_IO_URING;
    if (word == EIGHT('i', 'n', 'o', 't', 'i', 'f', 'y', 0))
        return KIND_INOTIFY;
    if ((word & ~(0xffULL << 56)) == EIGHT('[', 'p', 'i', 'd', 'f', 'd', ']', 0))
        return KIND_PIDFD;
    return KIND_OTHER;
}

static __always_inline void read_kind(struct file *file, struct inode *inode, u64 number, u32 magic, struct fd_row *row)
{
    void *object = 0;
    row->kind = KIND_PATH;
    row->id = 0;
    if (magic == PIPE_FS) {
        row->kind = KIND_PIPE;
        row->id = number;
    } else if (magic == SOCK_FS) {
        row->kind = KIND_SOCKET;
        row->id = number;
    } else if (magic == NS_FS) {
        row->kind = KIND_OTHER;
    } else if (magic == PID_FS) {
        row->kind = KIND_PIDFD;
        GET(object, inode->i_private);
        row->id = number_of(object);
    } else if (magic == ANON_INODE_FS) {
        row->kind = anonymous_kind(file);
        if (row->kind == KIND_EVENTFD || row->kind == KIND_PIDFD)
            GET(object, file->private_data);
        if (row->kind == KIND_PIDFD)
            row->id = number_of(object);
        if (row->kind == KIND_EVENTFD) {
            struct eventfd_ctx *event = object;
            u64 count = 0;
            int id = 0;
            READ(id, &event->id);
            READ(count, &event->count);
            READ(row->writers, &event->kref.refcount);
            row->id = id;
            row->fill = count > ~0U ? ~0U : count;
        }
    } else
        row->id = path_identity(file);
}

// Most files of a table lie on few file systems: the last one is kept.
static __always_inline u32 magic_of(struct inode *inode)
{
    struct super_block *block = 0;
    unsigned long magic = 0;
    u64 address;
    GET(block, inode->i_sb);
    address = ADDRESS(block);
    if (address != scratch.super_block.address) {
        GET(magic, block->s_magic);
        scratch.super_block.magic = magic;
        scratch.super_block.address = address;
    }
    return scratch.super_block.magic;
}

// __builtin_ctzll() is nothing that clang 14 can compile for BPF.
static __always_inline u32 lowest_bit(u64 word)
{
    u64 bit = 0;
    word &= -word;
#define ANY_OF(mask) is_negative(-(word & mask) | (word & mask))
    bit |= ANY_OF(0xffffffff00000000ULL) << 5;
    bit |= ANY_OF(0xffff0000ffff0000ULL) << 4;
    bit |= ANY_OF(0xff00ff00ff00ff00ULL) << 3;
    bit |= ANY_OF(0xf0f0f0f0f0f0f0f0ULL) << 2;
    bit |= ANY_OF(0xccccccccccccccccULL) << 1;
    bit |= ANY_OF(0xaaaaaaaaaaaaaaaaULL);
    return bit;
}

static long read_fd(u32 ignored, struct table *table)
{
    struct inode *inode = 0;
    struct file *file;
    struct fd_row *row;
    void *address;
    u32 bit, index, mode = 0, flags = 0;
    u16 type = 0;
    u32 magic;
    unsigned long number = 0;
    if (!table->open_word)
        return 1;
    bit = lowest_bit(table->open_word) & (WORD - 1);
    table->open_word &= table->open_word - 1;
    address = scratch.files[bit];
    if (!address) // reserved by a call that is still opening it
        return 0;
    index = control.fds++;
    row = bpf_map_lookup_elem(&fd_rows, &index);
    if (!row)
        return 0;
    row->description = identity((u64)address);
    file = TYPED(file, address);
    GET(mode, file->f_mode);
    GET(flags, file->f_flags);
    GET(inode, file->f_inode);
    GET(number, inode->i_ino);
    GET(type, inode->i_mode);
    row->number = table->base + bit;
    row->access = mode & 3; // FMODE_READ, FMODE_WRITE
    row->bits = (table->exec_word >> bit & 1 ? FD_CLOSE_ON_EXEC : 0) | (flags & FASYNC ? FD_ASYNC : 0) | (flags & O_NONBLOCK ? FD_NONBLOCK : 0);
    row->fill = row->slots = row->capacity = row->readers = row->writers = row->references = 0;
    magic = magic_of(inode);
    read_kind(file, inode, number, magic, row);
    if (is_watched(file, inode, type, magic))
        row->bits |= FD_ASYNC;
    if (row->kind == KIND_PIPE || (row->kind == KIND_PATH && (type & S_IFMT) == S_IFIFO))
        read_pipe(file, row);
    row->references = references_of(file);
    row->bits |= locks_of(inode);
    return 0;
}

static long read_word(u32 index, struct table *table)
{
    u64 at = (u64)index * sizeof(u64);
    bpf_probe_read_kernel(&table->open_word, sizeof(u64), table->open + at);
    if (!table->open_word)
        return 0;
    bpf_probe_read_kernel(&table->exec_word, sizeof(u64), table->close_on_exec + at);
    bpf_probe_read_kernel(scratch.files, sizeof(scratch.files), table->files + (u64)index * sizeof(scratch.files));
    table->base = index * WORD;
    bpf_loop(WORD, read_fd, table, 0);
    return 0;
}

// Writes the rows of a table, ascending by number.
VERIFIED_ONCE int read_table(u64 address)
{
    struct files_struct *files = (void *)address;
    struct fdtable *fdt = 0;
    struct table table = {};
    u32 size = 0;
    READ(fdt, &files->fdt);
    READ(size, &fdt->max_fds);
    READ(table.files, &fdt->fd);
    READ(table.close_on_exec, &fdt->close_on_exec);
    READ(table.open, &fdt->open_fds);
    scratch.super_block.address = 0;
    bpf_loop(size / WORD, read_word, &table, 0);
    return 0;
}
