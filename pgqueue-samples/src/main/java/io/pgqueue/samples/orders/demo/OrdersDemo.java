// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import io.pgqueue.client.PgQueue;
import io.pgqueue.samples.orders.OrdersApplication;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The order system in one command: database, API, consumer, a creator of orders, a live view and a final check. */
public final class OrdersDemo {

    private static final Path DATA = Path.of(".data").toAbsolutePath();
    private static final Path LOG = DATA.resolve("orders.log");

    private final DemoSettings settings;
    private final Optional<Terminal> terminal = Terminal.detect();
    private final Activity activity = new Activity();
    private final DemoDatabase database;

    private OrdersDemo(DemoSettings settings) {
        this.settings = settings;
        this.database = new DemoDatabase(settings, DATA, activity);
    }

    /** Ends with 0 when every order was processed exactly once, else with 1; may go on serving. */
    public static void main(String[] args) throws InterruptedException {
        boolean good;
        try {
            OrdersDemo demo = new OrdersDemo(DemoSettings.from(System.getenv()));
            good = demo.run(args);
            if (good && demo.keepsServing()) {
                System.out.println("The API stays up at http://localhost:" + demo.settings.port()
                        + " (try /orders), its database is " + demo.database.url() + ". Ctrl-C ends it.");
                return;
            }
        } catch (IllegalArgumentException | IllegalStateException e) {
            System.err.println(e.getMessage());
            good = false;
        } catch (RuntimeException e) {
            // Not one of ours, so where it comes from matters; the server's threads would keep the JVM up.
            e.printStackTrace();
            good = false;
        }
        System.exit(good ? 0 : 1);
    }

    private boolean run(String[] args) throws InterruptedException {
        checkPort();
        Outcome outcome;
        try (ViewLoop view = new ViewLoop(View.of(activity, terminal))) {
            view.start();
            outcome = createAndProcess(args);
        }
        System.out.println(outcome.text());
        return outcome.good();
    }

    private Outcome createAndProcess(String[] args) throws InterruptedException {
        OrderCreator creator = new OrderCreator(
                URI.create("http://localhost:" + settings.port()),
                settings.orders(),
                settings.parallel(),
                activity.creator());
        FutureTask<List<Long>> orders = new FutureTask<>(creator::run);
        Thread thread = new Thread(orders, "creator");
        thread.setDaemon(true);
        // Too early, as in real life: it waits for the API.
        thread.start();
        ConfigurableApplicationContext application = startApplication(args);
        Inspector inspector = new Inspector(
                application.getBean(JdbcClient.class),
                application.getBean(PgQueue.class).admin(),
                settings.queue());
        return inspector.await(settings.orders(), await(orders));
    }

    private ConfigurableApplicationContext startApplication(String[] args) {
        ApplicationContextInitializer<GenericApplicationContext> watchers = context -> {
            context.registerBean(ApiActivity.class, () -> new ApiActivity(activity.api()));
            context.registerBean(ConsumerActivity.class, () -> new ConsumerActivity(activity.consumer()));
        };
        SpringApplicationBuilder builder = OrdersApplication.builder()
                .properties(Map.of("logging.file.name", LOG.toString(), "logging.threshold.console", "OFF"))
                .initializers(new ListenerLog(activity.consumer()), database, watchers);
        try {
            return builder.run(args);
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "The application did not start: " + reason(e) + database.advice(e) + "\nMore in " + LOG, e);
        }
    }

    /** The cause and what failed because of it: "Connection refused" alone does not say where. */
    private static String reason(Throwable e) {
        Throwable cause = e.getCause();
        if (cause == null || cause.getMessage() == null) {
            return String.valueOf(e.getMessage());
        }
        return cause.getCause() == null ? e.getMessage() + " (" + cause.getMessage() + ")" : reason(cause);
    }

    /** Before the creator asks: it would take whoever listens there for our API. */
    private void checkPort() {
        try (ServerSocket free = new ServerSocket(settings.port())) {
            activity.api().line("port " + free.getLocalPort());
        } catch (IOException e) {
            throw new IllegalStateException(
                    "Port " + settings.port() + " is in use; choose another one with API_PORT", e);
        }
    }

    private boolean keepsServing() {
        Boolean wish = settings.keepServing();
        return wish != null ? wish : terminal.isPresent();
    }

    private static List<Long> await(FutureTask<List<Long>> creator) throws InterruptedException {
        try {
            return creator.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("The creator failed: " + e.getCause(), e);
        }
    }
}
