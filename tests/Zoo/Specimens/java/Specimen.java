import java.util.concurrent.Executors;

/** Specimen HOW [COMMAND...]: a JVM that waits for its child, or for nothing. */
public final class Specimen {
    public static void main(String[] arguments) throws Exception {
        String[] command = java.util.Arrays.copyOfRange(arguments, 1, arguments.length);
        switch (arguments[0]) {
            case "idle" -> {
                var pool = Executors.newFixedThreadPool(4);
                for (int i = 0; i < 8; i++)
                    pool.submit(() -> {});
                Thread.sleep(Long.MAX_VALUE);
            }
            case "wait" -> new ProcessBuilder(command).start().waitFor();
            case "read" -> new ProcessBuilder(command).start().getInputStream().readAllBytes();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }
}
