import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Two threads that take two locks the wrong way round, or do what the property "hang" says; says "ready" when they hang, and answers each line with itself. */
public final class Hung {
    private static final CyclicBarrier bothHold = new CyclicBarrier(2);
    private static Thread[] threads;

    public static void main(String[] arguments) throws Exception {
        Object first = new Object(), second = new Object();
        Lock lock = new ReentrantLock(), fair = new ReentrantLock(true);
        var shared = new ReentrantReadWriteLock();
        Runnable[] both = switch (System.getProperty("hang", "monitors")) {
            case "monitors" -> new Runnable[] {() -> take(first, second), () -> take(second, first)};
            case "locks" -> new Runnable[] {() -> take(lock, fair, false), () -> take(fair, lock, false)};
            case "write-locks" -> new Runnable[] {() -> take(shared.writeLock(), lock, false), () -> take(lock, shared.readLock(), false)};
            case "mixed" -> new Runnable[] {() -> take(lock, first), () -> take(first, lock)};
            case "gone" -> {
                Thread owner = new Thread(lock::lock);
                owner.start();
                owner.join();
                yield new Runnable[] {lock::lock, lock::lock};
            }
            case "join" -> new Runnable[] {() -> { lock.lock(); meet(); join(); }, () -> { meet(); lock.lock(); }};
            case "task" -> {
                var task = new FutureTask<Integer>(() -> { meet(); lock.lock(); return 0; });
                yield new Runnable[] {() -> { lock.lock(); meet(); get(task); }, task};
            }
            // None of these does.
            case "joined" -> new Runnable[] {() -> { meet(); join(); }, () -> { meet(); sleep(); }}; // of a thread that has not begun, join() returns at once
            case "timed" -> new Runnable[] {() -> take(lock, fair, false), () -> take(fair, lock, true)};
            case "read-locks" -> new Runnable[] {() -> take(shared.readLock(), lock, false), () -> take(lock, shared.writeLock(), false)};
            case "owner" -> new Runnable[] {() -> { lock.lock(); meet(); sleep(); }, () -> { meet(); lock.lock(); }};
            case "condition" -> new Runnable[] {() -> await(lock), () -> await(fair)};
            default -> throw new IllegalArgumentException();
        };
        threads = new Thread[] {new Thread(both[0], "one"), new Thread(both[1], "two \"quoted\"")};
        for (Thread thread : threads) {
            thread.setDaemon(true);
            thread.start();
        }
        for (Thread thread : threads)
            while (!thread.getState().name().matches("BLOCKED|.*WAITING"))
                Thread.yield();
        System.out.println("ready");
        echo();
    }

    private static void take(Object mine, Object other) {
        synchronized (mine) {
            meet();
            // On one line: of a monitor that is to be entered, a JVM tells the line of what comes next.
            synchronized (other) { System.out.println("never"); } // waits for the other
        }
    }

    private static void take(Lock mine, Lock other, boolean timed) {
        mine.lock();
        meet();
        try {
            if (timed)
                other.tryLock(1, TimeUnit.HOURS);
            else
                other.lock();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void take(Lock mine, Object other) {
        mine.lock();
        meet();
        synchronized (other) { System.out.println("never"); }
    }

    private static void take(Object mine, Lock other) {
        synchronized (mine) {
            meet();
            other.lock();
        }
    }

    private static void await(Lock lock) {
        lock.lock();
        lock.newCondition().awaitUninterruptibly();
    }

    private static void meet() {
        try {
            bothHold.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void join() {
        try {
            threads[1].join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void get(FutureTask<Integer> task) {
        try {
            task.get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void echo() throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) // waits for a line
            System.out.println(line);
    }
}
