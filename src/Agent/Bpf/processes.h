// Processes: whether anything of one has changed, and its row.
#pragma once

#include "fds.h"
#include "tasks.h"

enum { MOST_THREADS = 1 << 20 };

// Walks the threads of a process.
struct walk {
    u64 next;
    u64 end;
    u64 files;
    u64 fingerprint;
    u64 run_time_ns;
    u32 threads;
    bool active;
};

static __always_inline void add_counters(struct walk *walk, u32 tid, u64 run_time_ns, u64 timeslices, u64 pending)
{
    walk->fingerprint = mix(mix(mix(mix(walk->fingerprint, tid), run_time_ns), timeslices), pending);
    walk->run_time_ns += run_time_ns;
    walk->threads++;
}

static long add_thread(u32 ignored, struct walk *walk)
{
    struct task_struct *task;
    struct files_struct *files = 0;
    struct list_head *next = 0;
    u64 run_time_ns = 0;
    unsigned long timeslices = 0, pending = 0;
    u32 state = 0;
    int tid = 0, on_cpu = 0, on_rq = 0, exit_state = 0;
    if (!walk->next || walk->next == walk->end)
        return 1;
    task = TYPED(task_struct, walk->next - bpf_core_field_offset(struct task_struct, thread_node));
    GET(tid, task->pid);
    GET(exit_state, task->exit_state);
    GET(state, task->__state);
    GET(on_cpu, task->on_cpu);
    GET(on_rq, task->on_rq);
    GET(run_time_ns, task->se.sum_exec_runtime);
    GET(timeslices, task->sched_info.pcount);
    GET(pending, task->pending.signal.sig[0]);
    add_counters(walk, tid, run_time_ns, timeslices, pending);
    if ((!state && !exit_state) || on_cpu || is_queued(task, on_rq))
        walk->active = 1;
    if (!walk->files) {
        GET(files, task->files);
        walk->files = ADDRESS(files);
    }
    GET(next, task->thread_node.next);
    walk->next = ADDRESS(next);
    return 0;
}

static __always_inline void walk_threads(struct task_struct *leader, struct signal_struct *signal, struct walk *walk)
{
    // What others may change while the process sleeps.
    walk->fingerprint = mix(0, ADDRESS(leader->real_parent));
    walk->fingerprint = mix(walk->fingerprint, leader->ptrace ? ADDRESS(leader->parent) : 0);
    walk->fingerprint = mix(walk->fingerprint, ADDRESS(signal->pids[PIDTYPE_PGID]));
    walk->fingerprint = mix(walk->fingerprint, ADDRESS(signal->pids[PIDTYPE_SID]));
    walk->fingerprint = mix(walk->fingerprint, signal->shared_pending.signal.sig[0]);
    if (signal->nr_threads <= 1) {
        walk->active = is_active(leader);
        add_counters(walk, leader->pid, leader->se.sum_exec_runtime, leader->sched_info.pcount, leader->pending.signal.sig[0]);
        walk->files = ADDRESS(leader->files);
        return;
    }
    walk->next = ADDRESS(signal->thread_head.next);
    walk->end = ADDRESS(leader->signal) + bpf_core_field_offset(struct signal_struct, thread_head);
    bpf_loop(MOST_THREADS, add_thread, walk, 0);
}

// SigIgn and SigCgt, and of the latter those with the handler of SIGCHLD; collect_sigign_sigcatch() of fs/proc/array.c. The handler is the first word of each action. 0, or 1: they could not be read.
VERIFIED_ONCE int read_actions(u64 sighand)
{
    u64 ignored = 0, caught = 0, as_child = 0, of_child;
    scratch.ignored = scratch.caught = scratch.caught_as_child = 0;
    if (!sighand || bpf_core_field_size(((struct sighand_struct *)0)->action) != sizeof(scratch.actions) ||
        bpf_probe_read_kernel(scratch.actions, sizeof(scratch.actions), (void *)sighand + bpf_core_field_offset(struct sighand_struct, action)))
        return 1;
    of_child = scratch.actions[16 * 4];
    for (int i = 0; i < 64; i++) {
        u64 handler = scratch.actions[i * 4]; // 0: SIG_DFL, 1: SIG_IGN, else an address of user space
        ignored |= is_negative((handler ^ 1) - 1) << i;
        caught |= is_negative(1 - handler) << i;
        as_child |= is_negative((handler ^ of_child) - 1) << i;
    }
    scratch.ignored = ignored;
    scratch.caught = caught;
    scratch.caught_as_child = as_child & caught;
    return 0;
}

enum { MAX_TIMERS = 16 };

// Only its own process can set a timer that is not. One by a CPU clock does not show that it is, before 6.13.
VERIFIED_ONCE int may_fire(u64 address)
{
    struct k_itimer *timer = TYPED(k_itimer, address);
    long long interval = 0;
    int set = 1, clock = 0;
    if (bpf_core_field_exists(timer->it_status))
        GET(set, timer->it_status);
    else {
        GET(clock, timer->it_clock);
        if (bpf_core_field_exists(((struct k_itimer___active *)0)->it_active) && (clock == 0 || clock == 1))
            READ(set, &((struct k_itimer___active *)address)->it_active);
    }
    GET(interval, timer->it_interval);
    return set || interval;
}

// Whether any of a process may; of more than are looked at one may.
VERIFIED_ONCE int any_may_fire(u64 next, u64 head)
{
    for (int i = 0; i < MAX_TIMERS; i++) {
        u64 timer = next - bpf_core_field_offset(struct k_itimer, list);
        // An empty list_head (before 6.13) points to itself, an empty hlist_head nowhere. So do the last ones.
        if (!next || next == head)
            return 0;
        if (may_fire(timer))
            return 1;
        READ(next, &((struct k_itimer *)timer)->list.next);
    }
    return 1;
}

static __always_inline void read_timers(struct signal_struct *signal, u64 address, struct process_row *row)
{
    u64 first = 0, head = address + bpf_core_field_offset(struct signal_struct, posix_timers);
    READ(first, &signal->posix_timers);
    if (any_may_fire(first, head))
        row->flags |= PROCESS_POSIX_TIMERS;
    // HRTIMER_STATE_ENQUEUED; between two rounds of an interval the signal is pending and the timer is not.
    if (signal->real_timer.state & 1 || signal->it_real_incr)
        row->flags |= PROCESS_ALARM;
}

// new_encode_dev() of the kernel, as in tty_nr of stat.
static __always_inline u32 tty_number(struct tty_struct *tty)
{
    u32 major, minor;
    if (!tty)
        return 0;
    major = tty->driver->major;
    minor = tty->driver->minor_start + tty->index;
    return (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}

static __always_inline void read_namespaces(struct task_struct *leader, struct process_row *row)
{
    struct nsproxy *proxy = leader->nsproxy;
    struct pid *pid = leader->thread_pid;
    row->net_ns = row->ipc_ns = row->mount_ns = row->pid_ns = 0;
    row->ns_pid = row->pid;
    if (pid) {
        u32 level = pid->level;
        struct upid *upid = (void *)pid + bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid);
        struct pid_namespace *namespace = 0;
        READ(row->ns_pid, &upid->nr);
        READ(namespace, &upid->ns);
        namespace = TYPED(pid_namespace, namespace);
        GET(row->pid_ns, namespace->ns.inum);
    }
    if (proxy) {
        row->net_ns = proxy->net_ns->ns.inum;
        row->ipc_ns = proxy->ipc_ns->ns.inum;
        row->mount_ns = proxy->mnt_ns->ns.inum;
    }
}

// Which program: scratch.exe, 0 for none. 1 where there is no text: between the old program and the new one in execve(2), see ExecGuard.cs.
VERIFIED_ONCE int read_program(u64 address)
{
    struct mm_struct *memory = TYPED(mm_struct, address);
    struct file *exe = 0;
    unsigned long end_code = 0;
    scratch.exe = 0;
    if (!address)
        return 0;
    GET(end_code, memory->end_code);
    GET(exe, memory->exe_file);
    if (exe)
        scratch.exe = path_identity(TYPED(file, exe));
    return !end_code;
}

static __always_inline void write_identity(struct task_struct *leader, struct signal_struct *signal, struct process_row *row)
{
    row->start_boottime = leader->start_boottime;
    row->pid = tgid_of(leader);
    row->ppid = tgid_of(leader->real_parent);
    row->pgrp = number_of(signal->pids[PIDTYPE_PGID]);
    row->session = number_of(signal->pids[PIDTYPE_SID]);
    row->tracer = leader->ptrace ? tid_of(leader->parent) : 0;
    row->tty_nr = tty_number(signal->tty);
    row->uid = leader->real_cred->uid.val;
    row->user_ns = leader->real_cred->user_ns->ns.inum;
    row->exec_id = leader->self_exec_id;
    row->cgroups = identity(ADDRESS(leader->cgroups));
    bpf_core_read(row->comm, sizeof(row->comm), &leader->comm);
}

static __always_inline void write_process(struct task_struct *leader, struct signal_struct *signal, struct walk *walk, struct memory *memory)
{
    struct process_row *row;
    u32 index = control.processes++;
    u32 first_task = control.tasks;
    row = bpf_map_lookup_elem(&process_rows, &index);
    if (!row) {
        control.tasks += walk->threads;
        return;
    }
    memory->row = index;
    memory->next_task = first_task;
    memory->last_task = control.tasks = first_task + walk->threads;

    row->flags = walk->active ? PROCESS_ACTIVE : 0;
    write_identity(leader, signal, row);
    read_namespaces(leader, row);
    if (read_actions(ADDRESS(leader->sighand)))
        row->flags |= PROCESS_SIGNALS_UNKNOWN;
    row->ignored = scratch.ignored;
    row->caught = scratch.caught;
    row->caught_as_child = scratch.caught_as_child;
    read_timers(signal, ADDRESS(leader->signal), row);
    if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper))
        row->flags |= PROCESS_SUBREAPER;
    // A program keeps its number till its next execve(2), and the numbers of what it starts are higher: its own child has no higher one as its parent's.
    if (leader->parent_exec_id > leader->real_parent->self_exec_id)
        row->flags |= PROCESS_ADOPTED;
    if (leader->real_cred->user->unix_inflight)
        row->flags |= PROCESS_DESCRIPTORS_IN_FLIGHT;
    row->exit_signal = leader->exit_signal;
    row->state = state_letter(leader->__state, leader->exit_state);
    row->threads = signal->nr_threads;
    if (leader->exit_state)
        row->flags |= row->threads > 1 ? PROCESS_LEADER_EXITED : PROCESS_ZOMBIE;
    row->memory = identity(ADDRESS(leader->mm));
    if (read_program(ADDRESS(leader->mm)))
        row->flags |= PROCESS_WITHOUT_PROGRAM;
    row->exe = scratch.exe;
    row->table = identity(walk->files);
    row->cpu_ns = walk->run_time_ns + signal->sum_sched_runtime;
    row->shared_pending = signal->shared_pending.signal.sig[0];
    row->first_task = first_task;
    row->tasks = 0;
}

// After the leader's own counters: what is read of a thread that has not run since they were was true at one instant.
static __always_inline void write_table(struct task_struct *leader, struct memory *memory, struct walk *walk, u32 flags)
{
    struct process_row *row = bpf_map_lookup_elem(&process_rows, &memory->row);
    int sharers = 0;
    if (!row)
        return;
    row->flags |= flags;
    row->first_fd = control.fds;
    if (walk->files) {
        struct files_struct *files = (void *)walk->files;
        READ(sharers, &files->count.counter);
        if (sharers > row->threads)
            row->flags |= PROCESS_TABLE_SHARED;
        read_table(walk->files);
        // Freed under the look, or unshared: what was read is nobody's.
        if (ADDRESS(leader->files) != walk->files && !leader->exit_state)
            row->flags |= PROCESS_TABLE_TORN;
    } else
        row->flags |= PROCESS_NO_TABLE;
    row->fds = control.fds - row->first_fd;
}

// Whether it is to be written in this pass, decided once, at whichever of its threads comes first.
static __always_inline void visit_process(struct task_struct *leader, struct memory *memory, u32 pid)
{
    struct signal_struct *signal = leader->signal;
    struct walk walk = {};
    bool wanted = control.wanted[pid / 64 % (WANTED_BITS / 64)] >> (pid % 64) & 1;
    u64 fingerprint;
    memory->pass = control.pass;
    memory->row = NO_ROW;
    memory->last_task = 0;
    if (!signal)
        return;
    walk_threads(leader, signal, &walk);
    fingerprint = walk.fingerprint | 1;
    if (control.mode == MODE_FULL || wanted || fingerprint != memory->fingerprint || (control.slices && pid % control.slices == control.slice)) {
        write_process(leader, signal, &walk, memory);
        scratch.wanted = wanted;
        if (memory->row != NO_ROW)
            write_table(leader, memory, &walk, fingerprint != memory->fingerprint ? PROCESS_CHANGED : 0);
    }
    // Who runs now may change its table after it was read: it is written again at the next pass.
    // Nor may one be forgotten for which there was no room.
    memory->fingerprint = walk.active || (memory->row == NO_ROW && fingerprint != memory->fingerprint) ? 0 : fingerprint;
}
