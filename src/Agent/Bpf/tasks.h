// Threads: whether they ran, and what they wait for.
#pragma once

#include "state.h"

// What is remembered of a thread from pass to pass; in a leader's, the second half is of its process.
struct memory {
    u64 run_time_ns;
    u64 timeslices;
    u64 stack;
    u64 fingerprint;
    u32 pass;
    u32 row;
    u32 next_task;
    u32 last_task;
};

struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct memory);
} memories SEC(".maps");

enum { NO_ROW = ~0U, STACK_DEPTH = 8 };

// On a CPU or ready for one: /proc/TID/syscall says "running".
static __always_inline bool is_active(struct task_struct *task)
{
    return (!task->__state && !task->exit_state) || task->on_cpu || is_queued(task, task->on_rq);
}

// The registers with which it entered the kernel; syscall_get_nr() and syscall_get_arguments() of arch/*/include/asm/syscall.h.
static __always_inline void read_call(struct task_struct *task, struct task_row *row)
{
    struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
#if defined(__TARGET_ARCH_x86)
    bool compat = task->thread_info.status & 2; // TS_COMPAT: entered by int 0x80 or as a 32-bit program
    row->call = (int)regs->orig_ax;
    row->arguments[0] = compat ? regs->bx : regs->di;
    row->arguments[1] = compat ? regs->cx : regs->si;
    row->arguments[2] = regs->dx;
    row->arguments[3] = compat ? regs->si : regs->r10;
    row->arguments[4] = compat ? regs->di : regs->r8;
    row->arguments[5] = compat ? regs->bp : regs->r9;
#else
    bool compat = task->thread_info.flags & 1 << 22; // TIF_32BIT
    row->call = regs->syscallno;
    row->arguments[0] = regs->orig_x0;
    row->arguments[1] = regs->regs[1];
    row->arguments[2] = regs->regs[2];
    row->arguments[3] = regs->regs[3];
    row->arguments[4] = regs->regs[4];
    row->arguments[5] = regs->regs[5];
#endif
    if (row->call >= 0)
        row->flags |= TASK_IN_CALL;
    if (compat)
        row->flags |= TASK_COMPAT;
}

// The kernel goes on with what was left in a ring while the thread waits. An exec or exit ends it.
static __always_inline bool has_io_uring(struct task_struct *task)
{
    struct io_uring_task *rings = 0;
    void *first = 0;
    if (!bpf_core_field_exists(task->io_uring))
        return 0;
    GET(rings, task->io_uring);
    if (!rings || !bpf_core_field_exists(rings->xa.xa_head))
        return rings != 0;
    READ(first, &rings->xa.xa_head);
    return first != 0;
}

static __always_inline u64 stack_hash(struct task_struct *task)
{
    u64 stack[STACK_DEPTH] = {};
    u64 hash = control.key[2];
    if (bpf_get_task_stack(task, stack, sizeof(stack), 0) <= 0)
        return 0;
    for (int i = 0; i < STACK_DEPTH; i++)
        hash = mix(hash, stack[i] ^ control.key[0]);
    return hash ? hash : 1;
}

static __always_inline void write_task(struct task_struct *task, struct memory *memory, struct memory *process)
{
    struct task_struct *trusted = task;
    struct process_row *owner;
    struct task_row *row;
    u32 index = process->next_task;
    u64 switches;
    bool active, same;

    // A thread that was born while its process was written has no room; the process's fingerprint will differ at the next pass.
    if (index >= process->last_task)
        return;
    process->next_task = index + 1;
    owner = bpf_map_lookup_elem(&process_rows, &process->row);
    row = bpf_map_lookup_elem(&task_rows, &index);
    if (!owner || !row)
        return;

    task = TYPED(task_struct, task);
    active = is_active(task);
    switches = task->nvcsw + task->nivcsw;
    row->flags = 0;
    row->call = -1;
    row->stack = 0;
    row->run_time_ns = task->se.sum_exec_runtime;
    row->timeslices = task->sched_info.pcount;
    row->switches = switches;
    row->last_ran_ns = task->se.exec_start;
    row->start_boottime = task->start_boottime;
    row->tid = tid_of(task);
    row->tgid = owner->pid;
    row->kernel_flags = task->flags;
    row->state = state_letter(task->__state, task->exit_state);
    row->parent_death_signal = task->pdeath_signal;
    row->pending = task->pending.signal.sig[0];
    row->blocked = task->blocked.sig[0];
    bpf_core_read(row->comm, sizeof(row->comm), &task->comm);
    same = memory && memory->stack && row->run_time_ns == memory->run_time_ns && row->timeslices == memory->timeslices;
    if (task->ptrace)
        row->flags |= TASK_TRACED;
    if (has_io_uring(task))
        row->flags |= TASK_IO_URING;
    if (!task->exit_state && identity(ADDRESS(task->files)) != owner->table) {
        row->flags |= TASK_OWN_TABLE;
        owner->flags |= PROCESS_OTHER_TABLES;
    }
    if (!active && !task->exit_state) {
        read_call(trusted, row);
        row->stack = same ? memory->stack : stack_hash(trusted);
        if (same)
            row->flags |= TASK_UNCHANGED;
        // Woken meanwhile: what was read may be of two moments.
        active = is_active(task) || task->nvcsw + task->nivcsw != switches || task->se.sum_exec_runtime != row->run_time_ns;
    }
    if (active) {
        row->flags = (row->flags & ~(TASK_IN_CALL | TASK_UNCHANGED)) | TASK_ACTIVE;
        row->stack = 0;
    }
    if (memory) {
        memory->run_time_ns = row->run_time_ns;
        memory->timeslices = row->timeslices;
        memory->stack = row->stack;
    }
    owner->tasks = index + 1 - owner->first_task;
}
