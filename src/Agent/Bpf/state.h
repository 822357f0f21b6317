// What all parts of the program share: the control block, the rows, and how numbers and addresses are shown.
#pragma once

#include "kernel.h"

struct control control;

// An array that the agent maps into its own memory. How many rows it has is told at load.
#define ROW_MAP(name, row, rows)                      \
    struct {                                          \
        __uint(type, BPF_MAP_TYPE_ARRAY);             \
        __uint(map_flags, BPF_F_MMAPABLE);            \
        __uint(max_entries, rows);                    \
        __type(key, u32);                             \
        __type(value, row);                           \
    } name SEC(".maps")

ROW_MAP(pid_rows, struct pid_row, 1);
ROW_MAP(process_rows, struct process_row, 1);
ROW_MAP(task_rows, struct task_row, 1);
ROW_MAP(fd_rows, struct fd_row, 1);
ROW_MAP(birth_rows, struct birth_row, BIRTH_SLOTS);

#define READ(destination, source) bpf_core_read(&(destination), sizeof(destination), source)

// Since 6.2 (as cgrp_storage_get) an address may be told to be a structure's and read without a call, at a tenth of the time. What is
// read out of a task is also read through this: of a pointer found in a trusted structure the verifier asks each time whether it may be
// trusted too, by a walk through all types of the kernel.
extern void *bpf_rdonly_cast(void *address, u32 type) __ksym __weak;
enum bpf_func_id___casts { BPF_FUNC_cgrp_storage_get___casts = 1 };
#define CASTS bpf_core_enum_value_exists(enum bpf_func_id___casts, BPF_FUNC_cgrp_storage_get___casts)
#define TYPED(type, address) ((struct type *)(CASTS ? bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(struct type)) : (void *)(address)))
#define GET(destination, source)         \
    do {                                 \
        if (CASTS)                       \
            destination = source;        \
        else                             \
            READ(destination, &(source)); \
    } while (0)

// The verifier follows a static function again for each state in which it may be called, a global one once, for all arguments: half of the time
// that the program takes to load.
#define VERIFIED_ONCE __attribute__((noinline))

// An address as a mere number: the verifier lets nobody calculate with a pointer, but what comes out of a map is a number. Not in births.h, which runs beside the rest.
static volatile u64 address_as_number;
#define ADDRESS(pointer) ({ address_as_number = (u64)(pointer); address_as_number; })

// A number that is equal for equal addresses and for no others, and that says nothing of the address without the key:
// each step can be undone by who knows the key, so no two addresses meet.
VERIFIED_ONCE u64 identity(u64 address)
{
    if (!address)
        return 0;
    address = (address ^ control.key[0]) * (control.key[1] | 1);
    address ^= address >> 32;
    address = (address ^ control.key[2]) * 0x9e3779b97f4a7c15ULL;
    address ^= address >> 29;
    address *= control.key[1] | 1;
    return address ^ address >> 32;
}

static __always_inline u64 mix(u64 hash, u64 value)
{
    hash = (hash ^ value) * 0xff51afd7ed558ccdULL;
    return hash ^ hash >> 32;
}

// The same for a file under its name: equal where the links of /proc say the same.
static __always_inline u64 path_identity(struct file *file)
{
    void *mount = 0, *dentry = 0;
    GET(mount, file->f_path.mnt);
    GET(dentry, file->f_path.dentry);
    return mix(identity(ADDRESS(dentry)), identity(ADDRESS(mount)));
}

// 1 for a negative number, else 0, and no branch: where the compiler made one, the verifier would follow both ways at every use.
static __always_inline u64 is_negative(u64 number)
{
    barrier_var(number);
    return number >> 63;
}

// The number of the struct pid at an address in the agent's pid namespace, 0 where it has none there; pid_nr_ns() of the kernel.
VERIFIED_ONCE u32 number_at(u64 address)
{
    struct pid *pid = (void *)address;
    struct upid *upid;
    void *namespace = 0;
    u32 level = 0;
    int number = 0;
    if (!pid)
        return 0;
    if (!control.level)
        return BPF_CORE_READ(pid, numbers[0].nr);
    READ(level, &pid->level);
    if (level < control.level)
        return 0;
    upid = (void *)pid + bpf_core_field_offset(struct pid, numbers) + control.level * bpf_core_type_size(struct upid);
    READ(namespace, &upid->ns);
    if ((u64)namespace != control.pid_namespace)
        return 0;
    READ(number, &upid->nr);
    return number;
}
#define number_of(pid) number_at(ADDRESS(pid))

// Those of the task at an address.
VERIFIED_ONCE u32 tid_at(u64 address)
{
    struct task_struct *task = (void *)address;
    return control.level ? number_at((u64)BPF_CORE_READ(task, thread_pid)) : BPF_CORE_READ(task, pid);
}
#define tid_of(task) tid_at(ADDRESS(task))

VERIFIED_ONCE u32 tgid_at(u64 address)
{
    struct task_struct *task = (void *)address;
    return control.level ? number_at((u64)BPF_CORE_READ(task, group_leader, thread_pid)) : BPF_CORE_READ(task, tgid);
}
#define tgid_of(task) tgid_at(ADDRESS(task))

// Which pid namespace the agent lives in: its pids are those that the agent's /proc shows.
static __always_inline void learn_level(void)
{
    struct task_struct *self = (void *)bpf_get_current_task();
    struct pid *pid = BPF_CORE_READ(self, thread_pid);
    u32 level = BPF_CORE_READ(pid, level);
    struct upid *upid = (void *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid);
    control.level = level;
    control.pid_namespace = (u64)BPF_CORE_READ(upid, ns);
    control.level_known = 1;
}

// S, R, D, ...: task_state_index() of the kernel's include/linux/sched.h.
VERIFIED_ONCE u32 state_letter(u32 state, int exit_state)
{
    u32 shown = (state | exit_state) & 0x7f;
    if ((state & 0x402) == 0x402)
        return 'I';
    if (state & (0x1000 | 0x8000)) // TASK_RTLOCK_WAIT, TASK_FROZEN
        return 'D';
    return shown & 0x40 ? 'P' : shown & 0x20 ? 'Z' : shown & 0x10 ? 'X' : shown & 8 ? 't' : shown & 4 ? 'T' : shown & 2 ? 'D' : shown & 1 ? 'S' : 'R';
}

static __always_inline bool is_queued(struct task_struct *task, int on_rq)
{
    u8 delayed = 0;
    if (on_rq && bpf_core_field_exists(task->se.sched_delayed))
        READ(delayed, &task->se.sched_delayed); // seldom
    return on_rq && !delayed; // a delayed one sleeps already; the scheduler only has not taken it off its queue yet
}
