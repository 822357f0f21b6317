/* A parent that writes all input before it reads any output, a child that writes all output before it reads any input. */
#include "zoo.h"

static void write_all(int fd)
{
    static char block[1 << 20];
    in_place();
    for (size_t done = 0; done < sizeof block;) {
        ssize_t wrote = write(fd, block + done, sizeof block - done);
        if (wrote <= 0)
            return;
        done += (size_t)wrote;
    }
}

int main(void)
{
    int input[2], output[2];
    if (pipe(input) < 0 || pipe(output) < 0)
        die("pipe");
    pid_t pid = fork_or_die();
    if (pid == 0) {
        announce("filter");
        close(input[1]);
        close(output[0]);
        write_all(output[1]);
        read_to_end(input[0]);
        return 0;
    }
    announce("full-pipes");
    close(input[0]);
    close(output[1]);
    write_all(input[1]);
    close(input[1]);
    read_to_end(output[0]);
    wait_for(pid);
    return 0;
}
