// Three threads wait in read(2) for ever; the first answers each byte of stdin. Each says "r" on the line where it hangs.
#include <pthread.h>
#include <unistd.h>

static int ends[2];

static void wait_for_end(int fd)
{
    char byte;
    while (write(1, "r", 1) == 1 && read(fd, &byte, 1) > 0) // HERE
        ;
}

static void *reader(void *unused)
{
    wait_for_end(ends[0]);
    return unused;
}

int main(void)
{
    char byte;
    pthread_t thread;
    if (pipe(ends) == -1)
        return 1;
    for (int i = 0; i < 3; i++)
        pthread_create(&thread, NULL, reader, NULL);
    while (read(0, &byte, 1) > 0)
        if (write(1, "a", 1) != 1)
            return 1;
    return 0;
}
