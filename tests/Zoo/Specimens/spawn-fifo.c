/*
 * spawn-fifo: posix_spawn(3) with an action that opens a FIFO, which the parent means to open when it has returned. With ZOO_ALIVE set, a child is at work that will open it when it has done.
 */
#include "zoo.h"
#include <spawn.h>
#include <sys/stat.h>

extern char **environ;

int main(void)
{
    if (mkfifo("input", 0600) < 0)
        die("mkfifo");
    announce("spawner");
    if (getenv("ZOO_ALIVE") != NULL && fork_or_die() == 0) {
        announce("second");
        in_place();
        work();
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "input", O_RDONLY, 0);
    pid_t pid;
    in_place();
    if (posix_spawnp(&pid, "cat", &actions, NULL, (char *[]){"cat", NULL}, environ) != 0)
        return 70;
    int input = open("input", O_WRONLY);
    close(input);
    wait_for(pid);
    return 0;
}
