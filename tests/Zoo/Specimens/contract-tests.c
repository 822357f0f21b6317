/* The test binary of the founding hang: spawns a child and waits for its output to end, then for its exit. */
#include "founding.h"

static int out_read, err_read, lifeline_write;
static pid_t child;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int output_done;

static void *read_output(void *unused)
{
    (void)unused;
    thread_in_place();
    if (is_form("seen")) {
        pthread_cond_t never = PTHREAD_COND_INITIALIZER;
        pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
        pthread_mutex_lock(&own);
        for (;;)
            pthread_cond_wait(&never, &own);
    }
    read_to_end(out_read);
    read_to_end(err_read);
    pthread_mutex_lock(&lock);
    output_done = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void *wait_handle(void *unused)
{
    (void)unused;
    thread_in_place();
    pthread_mutex_lock(&lock);
    while (!output_done)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    close(lifeline_write);
    wait_for(child);
    return NULL;
}

int main(void)
{
    announce("contract-tests");
    pipe_at(shifted(3), shifted(6));
    pipe_at(shifted(8), shifted(9));

    int in_write = shifted(31), in_read = shifted(41), out_write = shifted(42), err_write = shifted(43), lifeline_read = shifted(40);
    out_read = shifted(32);
    err_read = shifted(33);
    lifeline_write = shifted(30);
    pipe_at(in_read, in_write);
    pipe_at(out_read, out_write);
    pipe_at(err_read, err_write);
    pipe_at(lifeline_read, lifeline_write);

    const char *served = program_beside("served-child", "ZOO_CHILD");
    child = fork_or_die();
    if (child == 0) {
        if (dup2(in_read, 0) < 0 || dup2(out_write, 1) < 0 || dup2(err_write, 2) < 0 || dup2(lifeline_read, shifted(29)) < 0)
            die("dup2");
        execl(served, served, "--services", "6", (char *)NULL);
        die(served);
    }
    close(in_read);
    close(out_write);
    close(err_write);
    close(lifeline_read);
    if (is_form("seen")) {
        close(in_write);
        close(out_read);
        close(err_read);
    }

    threads_to_come = 3;
    pthread_t reader, handle;
    if (pthread_create(&reader, NULL, read_output, NULL) != 0 || pthread_create(&handle, NULL, wait_handle, NULL) != 0)
        die("pthread_create");
    thread_in_place();
    pthread_join(reader, NULL);
    pthread_join(handle, NULL);
    return 0;
}
