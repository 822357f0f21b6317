// What the kernel program and the agent tell each other. The C# side of each is named beside it; their sizes are compared at load.
#pragma once

#ifdef __bpf__
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
#else
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

enum { COMM_LENGTH = 16, WANTED_BITS = 65536, BIRTH_SLOTS = 4096 };

enum mode { MODE_INCREMENTAL, MODE_FULL };

// SweepControl.cs
struct control {
    // Set by the agent before each pass.
    u32 mode;
    u32 pass;
    u32 slice;
    u32 slices;
    u64 key[3];
    // Set to 0 by the agent before each pass, counted by the program: how many rows there were to write, whether or not there was room.
    u32 pids;
    u32 processes;
    u32 tasks;
    u32 fds;
    // Passes in which the memory of what was seen could not be had: the process was written as a whole instead.
    u32 forgotten;
    // Since load.
    u32 level_known;
    u32 level;
    u32 padding;
    u64 pid_namespace;
    u64 births;
    u64 wanted[WANTED_BITS / 64];
};

enum process_flags {
    PROCESS_ZOMBIE = 1, PROCESS_ALARM = 2, PROCESS_POSIX_TIMERS = 4, PROCESS_LEADER_EXITED = 8, PROCESS_NO_TABLE = 16,
    PROCESS_TABLE_SHARED = 32, PROCESS_TABLE_TORN = 64, PROCESS_OTHER_TABLES = 128, PROCESS_SIGNALS_UNKNOWN = 256,
    PROCESS_SUBREAPER = 512, PROCESS_ACTIVE = 1024, PROCESS_WITHOUT_PROGRAM = 2048, PROCESS_CHANGED = 4096, PROCESS_ADOPTED = 8192, PROCESS_DESCRIPTORS_IN_FLIGHT = 16384,
};

// ProcessRow.cs
struct process_row {
    u64 start_boottime;
    u64 memory;
    u64 table;
    u64 cpu_ns;
    u64 ignored;
    u64 caught;
    u64 caught_as_child;
    u64 shared_pending;
    u64 exec_id;
    u64 cgroups;
    u64 exe;
    u32 pid;
    u32 ppid;
    u32 pgrp;
    u32 session;
    u32 tty_nr;
    u32 uid;
    u32 tracer;
    u32 ns_pid;
    u32 threads;
    u32 pid_ns;
    u32 net_ns;
    u32 ipc_ns;
    u32 first_task;
    u32 tasks;
    u32 first_fd;
    u32 fds;
    u32 flags;
    u32 mount_ns;
    u32 user_ns;
    char comm[COMM_LENGTH];
    u8 state;
    u8 exit_signal;
    u8 padding[2];
};

enum task_flags { TASK_ACTIVE = 1, TASK_IN_CALL = 2, TASK_COMPAT = 4, TASK_UNCHANGED = 8, TASK_TRACED = 16, TASK_OWN_TABLE = 32, TASK_IO_URING = 64 };

// TaskRow.cs
struct task_row {
    u64 start_boottime;
    u64 run_time_ns;
    u64 timeslices;
    u64 switches;
    u64 last_ran_ns;
    u64 arguments[6];
    u64 pending;
    u64 blocked;
    u64 stack;
    u32 tid;
    u32 tgid;
    int call;
    u32 kernel_flags;
    char comm[COMM_LENGTH];
    u8 state;
    u8 flags;
    u8 parent_death_signal;
    u8 padding[5];
};

// The numbers are those of FdKind.
enum fd_kind {
    KIND_PIPE = 1, KIND_SOCKET, KIND_EVENTFD, KIND_EPOLL, KIND_SIGNALFD, KIND_TIMERFD, KIND_INOTIFY, KIND_PIDFD, KIND_IO_URING, KIND_PATH,
    KIND_POSIX_QUEUE, KIND_OTHER,
};

enum fd_bits { FD_CLOSE_ON_EXEC = 1, FD_ASYNC = 2, FD_LOCKS = 4, FD_NONBLOCK = 8 };

// FdRow.cs
struct fd_row {
    u64 description;
    u64 id;
    u32 number;
    u8 access;
    u8 kind;
    u8 bits;
    u8 padding0;
    u32 fill;
    u32 slots;
    u32 capacity;
    u32 readers;
    u32 writers;
    u32 references;
};

// Two to a row: rows are padded to eight bytes.
struct pid_row {
    u32 pids[2];
};

// BirthRow.cs
struct birth_row {
    u64 sequence;
    u64 time_boottime;
    u32 pid;
    u32 parent;
    char parent_comm[COMM_LENGTH];
};
