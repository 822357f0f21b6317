// One pass over all tasks of the agent's pid namespace: which processes there are, and everything of those that ran since the last pass.
// Reads only; nothing that it looks at is stopped, locked or held. How it is used: BpfSweep.cs; what it writes: rows.h.
#include "processes.h"
#include "births.h"

// Without the GPL the kernel lends no way to read its memory; the source is under this repository's licence as well.
char licence[] SEC("license") = "Dual MIT/GPL";

SEC("iter/task")
int look(struct bpf_iter__task *context)
{
    struct task_struct *task = context->task, *leader;
    struct memory *memory, *process;
    if (!task || task->flags & PF_KTHREAD)
        return 0;
    if (!control.level_known)
        learn_level();
    leader = task->group_leader;
    if (!leader)
        return 0;
    if (task->pid == task->tgid) {
        u32 number = control.pids++, index = number / 2;
        struct pid_row *row = bpf_map_lookup_elem(&pid_rows, &index);
        if (row)
            row->pids[number & 1] = tgid_of(task);
    }
    // The threads of one process mostly follow each other: of one that is not written only the first looks it up.
    if (task != leader && ADDRESS(leader) == scratch.left_out.leader && scratch.left_out.pass == control.pass)
        return 0;
    process = bpf_task_storage_get(&memories, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (!process) {
        control.forgotten++;
        return 0;
    }
    if (process->pass != control.pass)
        visit_process(TYPED(task_struct, leader), process, tgid_of(leader));
    if (process->row == NO_ROW) {
        scratch.left_out.leader = ADDRESS(leader);
        scratch.left_out.pass = control.pass;
        return 0;
    }
    memory = task == leader ? process : bpf_task_storage_get(&memories, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    write_task(task, memory, process);
    return 0;
}
