// The kernel's structures, each with only the members that are read. Where they lie is told by the running kernel's BTF at load
// (CO-RE), so order and sizes here mean nothing. Source: include/linux of the kernel; names after ___ are older or newer forms.
#pragma once

#include "rows.h"

typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef u8 __u8;
typedef signed char __s8;
typedef u16 __be16;
typedef u32 __be32;
typedef u32 __wsum;
typedef _Bool bool;

enum bpf_map_type { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_TASK_STORAGE = 29 };
enum { BPF_F_NO_PREALLOC = 1, BPF_F_MMAPABLE = 1024, BPF_LOCAL_STORAGE_GET_F_CREATE = 1, BPF_ANY = 0 };

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head { struct list_head *next; };
struct hlist_head { void *first; };
typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;
typedef struct { u32 val; } kuid_t;
typedef struct { unsigned long sig[1]; } sigset_t;

struct ns_common { u32 inum; };
struct pid_namespace { struct ns_common ns; };
struct ipc_namespace { struct ns_common ns; };
struct mnt_namespace { struct ns_common ns; };
struct net { struct ns_common ns; };
struct nsproxy { struct ipc_namespace *ipc_ns; struct mnt_namespace *mnt_ns; struct net *net_ns; };
struct upid { int nr; struct pid_namespace *ns; };
struct pid { u32 level; struct upid numbers[1]; };
struct user_namespace { struct ns_common ns; };
struct user_struct { unsigned long unix_inflight; };
struct cred { kuid_t uid; struct user_struct *user; struct user_namespace *user_ns; };

struct tty_driver { int major; int minor_start; };
struct tty_struct { int index; struct tty_driver *driver; };

struct sigpending { sigset_t signal; };
struct k_sigaction { int any; };
struct sighand_struct { struct k_sigaction action[64]; };
struct hrtimer { u8 state; };
struct k_itimer { struct list_head list; int it_clock; int it_status; long long it_interval; }; // list: an hlist_node since 6.13, which begins with the next one as well; it_status: since then
struct k_itimer___active { int it_active; };
struct signal_struct {
    int nr_threads;
    struct list_head thread_head;
    struct sigpending shared_pending;
    u32 is_child_subreaper : 1;
    struct hlist_head posix_timers;
    struct hrtimer real_timer;
    long long it_real_incr;
    struct pid *pids[4]; // enum pid_type: PID, TGID, PGID, SID
    struct tty_struct *tty;
    u64 sum_sched_runtime;
};

struct sched_entity { u64 exec_start; u64 sum_exec_runtime; u8 sched_delayed; }; // sched_delayed: since 6.12
struct sched_info { unsigned long pcount; };
struct thread_info { unsigned long flags; u32 status; };

struct fdtable { u32 max_fds; void *fd; void *close_on_exec; void *open_fds; };
struct files_struct { atomic_t count; struct fdtable *fdt; };

struct xarray { void *xa_head; };
struct io_uring_task { struct xarray xa; }; // the rings that it has entered and that still are, by their address
struct file;
struct mm_struct { unsigned long end_code; struct file *exe_file; };

struct task_struct {
    struct thread_info thread_info;
    u32 __state;
    u32 flags;
    u32 ptrace;
    int on_cpu;
    int on_rq;
    struct sched_entity se;
    struct sched_info sched_info;
    struct mm_struct *mm;
    int exit_state;
    int exit_code;
    int exit_signal;
    int pdeath_signal;
    int pid;
    int tgid;
    struct task_struct *real_parent;
    struct task_struct *parent;
    struct task_struct *group_leader;
    struct pid *thread_pid;
    struct list_head thread_node;
    unsigned long nvcsw;
    unsigned long nivcsw;
    u64 start_boottime;
    const struct cred *real_cred;
    char comm[COMM_LENGTH];
    struct files_struct *files;
    struct nsproxy *nsproxy;
    struct signal_struct *signal;
    struct sighand_struct *sighand;
    sigset_t blocked;
    struct sigpending pending;
    u64 self_exec_id;
    u64 parent_exec_id;
    void *cgroups;
    struct io_uring_task *io_uring; // CONFIG_IO_URING
};

struct qstr { const u8 *name; };
struct dentry { struct qstr d_name; };
struct path { void *mnt; struct dentry *dentry; };
typedef struct { atomic_long_t refcnt; } file_ref_t;
struct super_block { unsigned long s_magic; };
struct pipe_buffer { u32 len; };
struct pipe_inode_info { u32 head; u32 tail; u32 max_usage; u32 ring_size; u32 readers; u32 writers; struct pipe_buffer *bufs; };
struct inode { u16 i_mode; struct super_block *i_sb; unsigned long i_ino; void *i_private; void *i_flctx; };
struct fown_struct { struct pid *pid; };
struct file { u32 f_mode; u32 f_flags; struct inode *f_inode; void *private_data; struct fown_struct *f_owner; struct path f_path; file_ref_t f_ref; }; // f_owner: a pointer since 6.12; f_ref: since 6.13
struct file___counted { atomic_long_t f_count; };
struct file___owned { struct fown_struct f_owner; };
struct mqueue_inode_info { struct inode vfs_inode; struct pid *notify_owner; };
struct kref { atomic_t refcount; };
struct eventfd_ctx { struct kref kref; u64 count; int id; };

struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; };
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };

#if defined(__TARGET_ARCH_x86)
struct pt_regs { unsigned long bx, cx, dx, si, di, bp, r8, r9, r10, orig_ax; };
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs { u64 regs[31]; u64 orig_x0; int syscallno; };
#else
#error "x86_64 and aarch64 are supported"
#endif

#pragma clang attribute pop

enum { PIDTYPE_TGID = 1, PIDTYPE_PGID = 2, PIDTYPE_SID = 3, PF_KTHREAD = 0x00200000 };
