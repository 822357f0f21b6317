// Births, execs and deaths of processes, in a ring: a parent that lives shorter than a pass is known by name.
#pragma once

#include "state.h"

static __always_inline void write_event(u32 kind, struct task_struct *task)
{
    struct task_struct *parent = BPF_CORE_READ(task, real_parent);
    struct event_row *row;
    u64 sequence;
    u32 slot;
    if (!control.level_known)
        return;
    sequence = __sync_fetch_and_add(&control.events, 1);
    slot = sequence & (EVENT_SLOTS - 1);
    row = bpf_map_lookup_elem(&event_rows, &slot);
    if (!row)
        return;
    row->sequence = 0; // being written
    row->kind = kind;
    row->time_boottime = bpf_ktime_get_boot_ns();
    row->start_boottime = BPF_CORE_READ(task, group_leader, start_boottime);
    row->parent_start_boottime = BPF_CORE_READ(parent, group_leader, start_boottime);
    row->pid = tgid_of(task);
    row->parent = tgid_of(parent);
    row->exit_code = kind != EVENT_EXIT ? 0 : BPF_CORE_READ(task, signal, group_exit_code) ?: BPF_CORE_READ(task, exit_code);
    BPF_CORE_READ_INTO(&row->comm, task, group_leader, comm);
    BPF_CORE_READ_INTO(&row->parent_comm, parent, group_leader, comm);
    __sync_lock_test_and_set(&row->sequence, sequence + 1); // a barrier, and whole
}

// Neither tp_btf nor casts here: each would have to be looked for by name at load, in a list of all types of the kernel, at 20 to 40 ms.
SEC("raw_tp/sched_process_fork")
int note_fork(u64 *arguments)
{
    struct task_struct *child = (void *)arguments[1];
    if (BPF_CORE_READ(child, pid) == BPF_CORE_READ(child, tgid)) // no mere thread
        write_event(EVENT_FORK, child);
    return 0;
}

SEC("raw_tp/sched_process_exec")
int note_exec(u64 *arguments)
{
    write_event(EVENT_EXEC, (void *)arguments[0]);
    return 0;
}

SEC("raw_tp/sched_process_exit")
int note_exit(u64 *arguments)
{
    struct task_struct *task = (void *)arguments[0];
    if (BPF_CORE_READ(task, signal, live.counter) == 0) // its last thread
        write_event(EVENT_EXIT, task);
    return 0;
}
