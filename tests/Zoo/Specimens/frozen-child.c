/* frozen-child CGROUP2: a child in a cgroup of its own below the mount point of version 2, which its parent freezes. */
#include "zoo.h"
#include <dirent.h>
#include <sys/stat.h>

static void put(const char *folder, const char *file, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        die(path);
    close(fd);
}

/* Those of earlier specimens, empty since they were ended: nobody who is killed can take his own away. */
static void clear(const char *root)
{
    DIR *folder = opendir(root);
    char path[512];
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        if (strncmp(entry->d_name, "zoo-frozen-", 11) == 0 && snprintf(path, sizeof path, "%s/%.200s", root, entry->d_name) > 0)
            rmdir(path);
    if (folder != NULL)
        closedir(folder);
}

int main(int argc, char **argv)
{
    const char *root = argc > 1 ? argv[1] : "/sys/fs/cgroup";
    char group[300], text[32];
    clear(root);
    snprintf(group, sizeof group, "%.200s/zoo-frozen-%d", root, (int)getpid());
    if (mkdir(group, 0755) < 0)
        die(group);
    /* Frozen before it has announced itself, it would never be in place: its parent waits for that. */
    int announced[2];
    if (pipe2(announced, O_CLOEXEC) < 0)
        die("pipe2");
    pid_t child = fork_or_die();
    if (child == 0) {
        announce("child");
        in_place();
        close(announced[0]);
        close(announced[1]);
        work();
    }
    close(announced[1]);
    if (read(announced[0], text, 1) != 0)
        die("the child announces itself");
    close(announced[0]);
    snprintf(text, sizeof text, "%d", (int)child);
    put(group, "cgroup.procs", text);
    put(group, "cgroup.freeze", "1");
    announce("parent");
    in_place();
    work();
}
