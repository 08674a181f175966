// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import io.pgqueue.SubscriptionStats;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.PgQueueAdmin;
import io.pgqueue.samples.orders.OrdersApplication;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The application on a test database, on any free port. */
final class RunningOrders implements AutoCloseable {

    static final String QUEUE = "order_queue";

    final Activity activity = new Activity();
    final JdbcClient jdbc;
    final PgQueueAdmin admin;
    private final ConfigurableApplicationContext context;
    private final HttpClient http = HttpClient.newHttpClient();

    RunningOrders(PGSimpleDataSource database, List<ApplicationContextInitializer<?>> more) {
        ApplicationContextInitializer<GenericApplicationContext> watchers = context -> {
            context.registerBean(ApiActivity.class, () -> new ApiActivity(activity.api()));
            context.registerBean(ConsumerActivity.class, () -> new ConsumerActivity(activity.consumer()));
        };
        this.context = OrdersApplication.builder()
                .initializers(watchers)
                .initializers(more.toArray(ApplicationContextInitializer[]::new))
                .run(
                        "--server.port=0",
                        "--spring.datasource.url=" + database.getUrl(),
                        "--spring.datasource.username=" + database.getUser(),
                        "--spring.datasource.password=" + Objects.toString(database.getPassword(), ""));
        this.jdbc = context.getBean(JdbcClient.class);
        this.admin = context.getBean(PgQueue.class).admin();
    }

    URI uri() {
        return URI.create("http://localhost:" + context.getEnvironment().getProperty("local.server.port"));
    }

    OrderCreator creator(int orders) {
        return new OrderCreator(uri(), orders, 20, activity.creator());
    }

    HttpResponse<String> post(String order) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri().resolve("/orders"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(order)));
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri().resolve(path)));
    }

    SubscriptionStats stats() {
        return admin.stats(QUEUE);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
    }

    @Override
    public void close() {
        context.close();
    }
}
