/* Three threads of one process: the wake-up came before the wait, so two wait on a condition and one for them to end. */
#include "zoo.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void *await(void *unused)
{
    (void)unused;
    thread_in_place();
    pthread_mutex_lock(&lock);
    pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    announce("lost-wakeup");
    pthread_cond_broadcast(&changed);
    threads_to_come = 3;
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, await, NULL) != 0)
            die("pthread_create");
    thread_in_place();
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
