import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.CyclicBarrier;

/** Two threads that take two locks the wrong way round; says "ready" when they hang, and answers each line with itself. */
public final class Hung {
    private static final CyclicBarrier bothHold = new CyclicBarrier(2);

    public static void main(String[] arguments) throws Exception {
        Object first = new Object(), second = new Object();
        Thread[] threads = {new Thread(() -> take(first, second), "one"), new Thread(() -> take(second, first), "two \"quoted\"")};
        for (Thread thread : threads) {
            thread.setDaemon(true);
            thread.start();
        }
        for (Thread thread : threads)
            while (thread.getState() != Thread.State.BLOCKED)
                Thread.yield();
        System.out.println("ready");
        echo();
    }

    private static void take(Object mine, Object other) {
        synchronized (mine) {
            try {
                bothHold.await();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            // On one line: of a monitor that is to be entered, a JVM tells the line of what comes next.
            synchronized (other) { System.out.println("never"); } // waits for the other
        }
    }

    private static void echo() throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) // waits for a line
            System.out.println(line);
    }
}
