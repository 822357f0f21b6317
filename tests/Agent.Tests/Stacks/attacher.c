// A tool that attaches itself to the process that its last argument names, and hangs. It does not wait for the stop, so that its death leaves the target stopped.
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int count, char **words)
{
    pid_t target = atoi(words[count - 1]);
    if (ptrace(PTRACE_ATTACH, target, 0, 0) == -1)
        return 1;
    for (;;)
        pause();
}
