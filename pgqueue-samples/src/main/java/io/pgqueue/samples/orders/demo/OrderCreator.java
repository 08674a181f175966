// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/** A client of the API: creates orders numbered from 1, several at a time, once the API is ready. */
final class OrderCreator {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final URI api;
    private final int orders;
    private final int parallel;
    private final Part activity;
    private final JsonMapper json = new JsonMapper();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();

    OrderCreator(URI api, int orders, int parallel, Part activity) {
        this.api = api;
        this.orders = orders;
        this.parallel = parallel;
        this.activity = activity;
    }

    /** Returns the ids of the orders that were accepted. */
    List<Long> run() throws InterruptedException {
        awaitApi();
        ExecutorService workers = Executors.newFixedThreadPool(parallel, OrderCreator::worker);
        try {
            List<Callable<OptionalLong>> requests = IntStream.rangeClosed(1, orders)
                    .<Callable<OptionalLong>>mapToObj(number -> () -> create(number))
                    .toList();
            List<Long> ids = new ArrayList<>();
            for (Future<OptionalLong> answer : workers.invokeAll(requests)) {
                answer.get().ifPresent(ids::add);
            }
            activity.line("done: " + ids.size() + " of " + orders + " accepted");
            return ids;
        } catch (ExecutionException e) {
            throw new IllegalStateException("The creator failed: " + e.getCause(), e);
        } finally {
            workers.shutdownNow();
        }
    }

    private void awaitApi() throws InterruptedException {
        HttpRequest health =
                HttpRequest.newBuilder(api.resolve("/health")).timeout(PATIENCE).build();
        while (true) {
            try {
                if (http.send(health, BodyHandlers.discarding()).statusCode() == 200) {
                    activity.line("API is ready");
                    return;
                }
            } catch (IOException notListening) {
                // Expected as long as the API starts; the line below says so.
            }
            activity.line("API is not ready, next try in 1 s");
            TimeUnit.SECONDS.sleep(1);
        }
    }

    /** A lost answer is not asked for again: without a key from the client that could make a second order. */
    private OptionalLong create(int number) throws InterruptedException {
        String body = "{\"number\":%d,\"customer\":\"Customer %d\",\"amount\":\"%d.99\"}"
                .formatted(number, number % 10, number);
        HttpRequest request = HttpRequest.newBuilder(api.resolve("/orders"))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        activity.add(Activity.SENT, 1);
        try {
            HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
            if (answer.statusCode() == 201) {
                activity.add(Activity.ACCEPTED, 1);
                activity.line("order " + number + " accepted");
                return OptionalLong.of(
                        json.readTree(answer.body()).get("order_id").asLong());
            }
            failed("order " + number + " refused: " + answer.statusCode());
        } catch (IOException e) {
            failed("order " + number + " failed: " + e);
        }
        return OptionalLong.empty();
    }

    private void failed(String line) {
        activity.add(Activity.FAILED, 1);
        activity.line(line);
    }

    private static Thread worker(Runnable task) {
        Thread thread = new Thread(task, "order-creator");
        thread.setDaemon(true);
        return thread;
    }
}
