import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Specimen HOW [COMMAND...]: a JVM that waits for its child, for itself, or for nothing. ZOO_FORM=healthy: what hangs does not. */
public final class Specimen {
    public static void main(String[] arguments) throws Exception {
        boolean healthy = "healthy".equals(System.getenv("ZOO_FORM"));
        String[] command = java.util.Arrays.copyOfRange(arguments, 1, arguments.length);
        switch (arguments[0]) {
            case "idle" -> {
                var pool = Executors.newFixedThreadPool(4);
                for (int i = 0; i < 8; i++)
                    pool.submit(() -> {});
                Thread.sleep(Long.MAX_VALUE);
            }
            case "stay" -> {
                var listener = new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress());
                var acceptor = new Thread(() -> {
                    try {
                        while (true)
                            listener.accept().close();
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                acceptor.setDaemon(true);
                acceptor.start();
                Thread.currentThread().join(); // to stay while others work
            }
            case "wait" -> {
                Process child = new ProcessBuilder(command).start();
                if (healthy)
                    Executors.newScheduledThreadPool(1).schedule(() -> { child.getOutputStream().close(); return null; }, 200, TimeUnit.SECONDS);
                child.waitFor();
            }
            case "futures" -> {
                var pool = Executors.newFixedThreadPool(1);
                pool.submit(() -> healthy ? sleep() : pool.submit(() -> 1).get()).get();
            }
            case "read" -> {
                Process child = new ProcessBuilder(command).start();
                if (healthy)
                    Executors.newScheduledThreadPool(1).schedule(() -> { child.getOutputStream().close(); return null; }, 200, TimeUnit.SECONDS);
                child.getInputStream().readAllBytes();
            }
            case "monitors" -> {
                Object one = new Object(), two = new Object();
                var bothHaveOne = new CyclicBarrier(2);
                var threads = new Thread[] {
                    new Thread(() -> take(one, two, bothHaveOne, healthy), "first"),
                    new Thread(() -> take(healthy ? one : two, healthy ? two : one, bothHaveOne, healthy), "second"),
                };
                for (Thread thread : threads)
                    thread.start();
                for (Thread thread : threads)
                    thread.join();
            }
            case "locks" -> {
                Lock one = new ReentrantLock(), two = new ReentrantReadWriteLock().writeLock();
                var bothHaveOne = new CyclicBarrier(2);
                var first = new Thread(() -> take(one, two, bothHaveOne, healthy), "first");
                var second = new Thread(() -> take(healthy ? one : two, healthy ? two : one, bothHaveOne, healthy), "second");
                first.start();
                second.start();
                first.join();
                second.join();
            }
            case "abandoned" -> {
                var lock = new ReentrantLock();
                var owner = new Thread(() -> {
                    lock.lock();
                    if (healthy)
                        keep();
                }, "owner");
                owner.start();
                if (healthy)
                    while (!lock.isLocked())
                        Thread.onSpinWait();
                else
                    owner.join();
                // One that ticks, as programs have.
                Executors.newScheduledThreadPool(1).scheduleAtFixedRate(() -> {}, 1, 1, TimeUnit.SECONDS);
                lock.lock();
            }
            case "task" -> {
                var lock = new ReentrantLock();
                var pool = Executors.newFixedThreadPool(2);
                lock.lock();
                var task = pool.submit(() -> {
                    if (!healthy)
                        lock.lock();
                    keep();
                });
                Executors.newScheduledThreadPool(1).scheduleAtFixedRate(() -> {}, 1, 1, TimeUnit.SECONDS);
                task.get();
            }
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static int sleep() throws InterruptedException {
        Thread.sleep(Long.MAX_VALUE);
        return 0;
    }

    private static void take(Object first, Object second, CyclicBarrier bothHaveOne, boolean healthy) {
        try {
            synchronized (first) {
                if (!healthy)
                    bothHaveOne.await();
                synchronized (second) {
                    Thread.sleep(Long.MAX_VALUE);
                }
            }
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void take(Lock first, Lock second, CyclicBarrier bothHaveOne, boolean healthy) {
        try {
            first.lock();
            if (!healthy)
                bothHaveOne.await();
            second.lock();
            keep();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void keep() {
        try {
            Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
