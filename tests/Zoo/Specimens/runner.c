/* The runner of the founding hang: starts one test binary and waits for it. */
#include "founding.h"

int main(void)
{
    const char *tests = program_beside("contract-tests", "ZOO_TESTS");
    announce("runner");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        execl(tests, tests, "spawn_wait_handle_is_idempotent", (char *)NULL);
        die(tests);
    }
    in_place();
    wait_for(pid);
    return 0;
}
