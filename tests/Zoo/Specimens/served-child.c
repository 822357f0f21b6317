/* The child of the founding hang: its services hold duplicates of its own stdio until its lifeline ends. */
#include "founding.h"

enum { SERVICES = 6 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int stopping;

static void *watch_lifeline(void *unused)
{
    (void)unused;
    thread_in_place();
    if (is_form("working") || is_form("mended-working"))
        work();
    if (is_form("seen")) {
        pthread_mutex_lock(&lock);
        while (!stopping)
            pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
    }
    read_to_end(shifted(29));
    pthread_mutex_lock(&lock);
    stopping = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void *serve(void *unused)
{
    (void)unused;
    thread_in_place();
    pthread_mutex_lock(&lock);
    while (!stopping)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    announce("served-child");
    if (!is_form("mended-working"))
        for (int fd = 0; fd <= 2; fd++)
            if (dup2(fd, shifted(fd + 3)) < 0)
                die("dup2");

    if (!is_form("seen") && write(1, "the work is done\n", 17) != 17)
        die("write");
    if (is_form("mended"))
        for (int fd = 0; fd <= 2; fd++) {
            close(fd);
            close(shifted(fd + 3));
        }

    threads_to_come = SERVICES + 1;
    pthread_t services[SERVICES];
    for (int i = 0; i < SERVICES; i++)
        if (pthread_create(&services[i], NULL, i == 0 ? watch_lifeline : serve, NULL) != 0)
            die("pthread_create");
    thread_in_place();
    for (int i = 0; i < SERVICES; i++)
        pthread_join(services[i], NULL);
    return 0;
}
