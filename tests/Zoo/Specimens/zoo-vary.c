/*
 * zoo-vary [--fds N] [--uid N] [--suffix TEXT] [--upstream] [--pid-namespace] PROGRAM [ARGUMENT]...
 *
 * Runs a specimen as it might run on another day, without a change to it: another pid in any case, and
 *   --fds N        with N unrelated files open in every process, so that whatever it opens gets other numbers
 *   --uid N        as another user, who is given the working directory
 *   --suffix TEXT  under its name with this behind it, a symbolic link in the working directory
 *   --upstream     below a shell that waits for it, and a wrapper that waits for the shell
 *   --pid-namespace  in a pid namespace of its own, with its /proc and below an init, as in a container: the pids that it
 *                  announces are those of its namespace
 */
#include "zoo.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void open_unrelated(int count)
{
    for (int i = 0; i < count; i++)
        if (open("unrelated.log", O_WRONLY | O_APPEND | O_CREAT, 0666) < 0)
            die("unrelated.log");
}

static void become_user(uid_t uid)
{
    if (chown(".", uid, uid) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
        die("another user");
}

static char *linked(const char *program, const char *suffix)
{
    static char path[4096];
    char folder[2048];
    const char *slash = strrchr(program, '/');
    if (slash == NULL || getcwd(folder, sizeof folder) == NULL)
        return NULL;
    if (snprintf(path, sizeof path, "%s/%s%s", folder, slash + 1, suffix) >= (int)sizeof path || symlink(program, path) < 0)
        die("symlink");
    return path;
}

/* Comes back in what is to become the specimen. */
static void enter_namespace(void)
{
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
        die("pid namespace");
    pid_t init = fork_or_die();
    if (init != 0) {
        in_place();
        wait_for(init);
        _exit(0);
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("proc", "/proc", "proc", 0, NULL) < 0)
        die("/proc");
    if (fork_or_die() != 0) {
        in_place();
        while (wait(NULL) > 0 || errno == EINTR)
            ;
        _exit(0);
    }
}

int main(int argc, char **argv)
{
    int at = 1, upstream = 0, apart = 0;
    const char *suffix = NULL;
    long uid = 0;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--upstream") == 0)
            upstream = 1;
        else if (strcmp(argv[at], "--pid-namespace") == 0)
            apart = 1;
        else if (strcmp(argv[at], "--fds") == 0 && at + 1 < argc)
            open_unrelated(atoi(argv[++at]));
        else if (strcmp(argv[at], "--uid") == 0 && at + 1 < argc)
            uid = atol(argv[++at]);
        else if (strcmp(argv[at], "--suffix") == 0 && at + 1 < argc)
            suffix = argv[++at];
        else
            return 2;
    }
    if (at >= argc)
        return 2;
    char **command = argv + at;
    if (suffix != NULL)
        command[0] = linked(command[0], suffix);
    if (apart)
        enter_namespace();
    if (uid != 0)
        become_user((uid_t)uid);
    if (upstream) {
        pid_t pid = fork_or_die();
        if (pid != 0) {
            in_place();
            wait_for(pid);
            return 0;
        }
        /* The shell closes its announcement once the specimen has its own. */
        static char script[] = "\"$@\" & exec 99>&-; wait \"$!\"; true";
        char *shell[argc - at + 5];
        char *first[] = {"bash", "-c", script, "upstream"};
        memcpy(shell, first, sizeof first);
        memcpy(shell + 4, command, sizeof *shell * (size_t)(argc - at + 1));
        execvp("bash", shell);
        die("bash");
    }
    execvp(command[0], command);
    die(command[0]);
}
