// Births of processes, in a ring: a parent that lives shorter than a pass is known by name.
#pragma once

#include "state.h"

// Neither tp_btf nor casts here: each would have to be looked for by name at load, in a list of all types of the kernel, at 20 to 40 ms.
SEC("raw_tp/sched_process_fork")
int note_fork(u64 *arguments)
{
    struct task_struct *child = (void *)arguments[1], *parent;
    struct birth_row *row;
    u64 sequence;
    u32 slot;
    if (!control.level_known || BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid)) // a mere thread
        return 0;
    sequence = __sync_fetch_and_add(&control.births, 1);
    slot = sequence & (BIRTH_SLOTS - 1);
    row = bpf_map_lookup_elem(&birth_rows, &slot);
    if (!row)
        return 0;
    parent = BPF_CORE_READ(child, real_parent);
    row->sequence = 0; // being written
    row->time_boottime = bpf_ktime_get_boot_ns();
    row->pid = tgid_at((u64)child);
    row->parent = tgid_at((u64)parent);
    BPF_CORE_READ_INTO(&row->parent_comm, parent, group_leader, comm);
    __sync_lock_test_and_set(&row->sequence, sequence + 1); // a barrier, and whole
    return 0;
}
