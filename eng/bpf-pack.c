// Writes what bpftool generated as one file: a head of offsets and sizes, the data and the instructions of the program that loads
// the collector. What each number means is told in src/Agent/Bpf/BpfBlob.cs, which reads it.
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define bpf_load_and_run load_here
#include <bpf/skel_internal.h>
#undef bpf_load_and_run

static int bpf_load_and_run(struct bpf_load_and_run_opts *options);

#include "rows.h"
#include "collector.lskel.h"

#if defined(__x86_64__)
enum { MACHINE = 62 }; // EM_X86_64
#elif defined(__aarch64__)
enum { MACHINE = 183 }; // EM_AARCH64
#endif

#define FIELD(member) (uint32_t)offsetof(struct collector, member)

static int bpf_load_and_run(struct bpf_load_and_run_opts *options)
{
    uint32_t head[] = {
        MACHINE, options->ctx->sz, options->data_sz, options->insns_sz,
        sizeof(struct control), sizeof(struct process_row), sizeof(struct task_row), sizeof(struct fd_row), sizeof(struct birth_row), BIRTH_SLOTS,
        FIELD(maps.bss), FIELD(maps.pid_rows), FIELD(maps.process_rows), FIELD(maps.task_rows), FIELD(maps.fd_rows), FIELD(maps.birth_rows),
        FIELD(maps.memories), FIELD(progs.look), FIELD(progs.note_fork),
        (uint32_t)offsetof(struct collector__bss, control),
    };
    char magic[8] = "ORPHBPF1";
    _Bool written = fwrite(magic, sizeof(magic), 1, stdout) == 1 && fwrite(head, sizeof(head), 1, stdout) == 1
        && fwrite(options->data, options->data_sz, 1, stdout) == 1 && fwrite(options->insns, options->insns_sz, 1, stdout) == 1;
    exit(written && fflush(stdout) == 0 ? 0 : 1); // before it is used: nothing was loaded
}

int main(void)
{
    static struct collector collector;
    collector.ctx.sz = (char *)&collector.links - (char *)&collector;
    collector__load(&collector);
    return 1;
}
