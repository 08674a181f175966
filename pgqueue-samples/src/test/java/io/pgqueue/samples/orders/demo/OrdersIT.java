// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.pgqueue.testing.PostgresTest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.support.GenericApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Acceptance story D.1: API, consumer and creator, on an empty database that the application prepares by itself. */
@PostgresTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OrdersIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String ORDER = "{\"number\":101,\"customer\":\"Ada\",\"amount\":\"99.99\"}";

    private final JsonMapper json = new JsonMapper();
    private final FailingCommits failing = new FailingCommits();
    private RunningOrders orders;

    @BeforeAll
    void start(PGSimpleDataSource database) {
        ApplicationContextInitializer<GenericApplicationContext> withSwitch =
                context -> context.registerBean(FailingCommits.class, () -> failing);
        orders = new RunningOrders(database, List.of(withSwitch));
    }

    @AfterAll
    void stop() {
        orders.close();
    }

    @BeforeEach
    void noOrders() {
        assertThat(orders.stats().unfinished()).isZero();
        orders.jdbc.sql("delete from sample_orders").update();
    }

    @Test
    void anOrderAndItsMessageAreStoredTogetherOrNotAtAll() throws Exception {
        orders.admin.pause(RunningOrders.QUEUE);
        HttpResponse<String> placed = orders.post(ORDER);
        assertThat(placed.statusCode()).isEqualTo(201);
        JsonNode answer = json.readTree(placed.body());
        assertThat(answer.get("message_id").asString()).hasSize(36);
        assertThat(orders.stats().ready()).isEqualTo(1);

        failing.on();
        assertThat(orders.post(ORDER).statusCode()).isEqualTo(500);
        failing.off();
        assertThat(failing.count()).isEqualTo(1);
        assertThat(orders.stats().unfinished()).isEqualTo(1);
        assertThat(states()).isEqualTo(Map.of("NEW", 1));

        String path = "/orders/" + answer.get("order_id").asLong();
        assertThat(json.readTree(orders.get(path).body()).get("state").asString())
                .isEqualTo("NEW");
        orders.admin.resume(RunningOrders.QUEUE);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(states()).isEqualTo(Map.of("PROCESSED", 1)));
        JsonNode processed = json.readTree(orders.get(path).body());
        assertThat(processed.get("processed_count").asInt()).isEqualTo(1);
        assertThat(processed.get("amount").asString()).isEqualTo("99.99");
        assertThat(orders.stats().unfinished()).isZero();
    }

    @Test
    void unknownAndUnreadableOrdersAreProblems() throws Exception {
        assertThat(orders.get("/health").statusCode()).isEqualTo(200);
        HttpResponse<String> unknown = orders.get("/orders/4711");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(unknown.body()).contains("4711");
        assertThat(orders.post("{\"number\":0,\"customer\":\"\",\"amount\":1}").statusCode())
                .isEqualTo(400);
        assertThat(orders.stats().unfinished()).isZero();
    }

    @Test
    void aHundredOrdersAreProcessedExactlyOnce() throws Exception {
        Map<String, Long> before = orders.activity.consumer().counts();
        Inspector inspector = new Inspector(orders.jdbc, orders.admin, RunningOrders.QUEUE);
        List<Long> ids = orders.creator(100).run();
        assertThat(ids).hasSize(100).doesNotHaveDuplicates();
        Outcome outcome = inspector.await(100, ids);

        assertThat(outcome).isEqualTo(new Outcome(100, 100, 100, 100, 166, 0, 0));
        assertThat(outcome.retries()).isEqualTo(66);
        assertThat(outcome.good()).isTrue();
        Map<String, Long> counts = orders.activity.consumer().counts();
        counts.replaceAll((count, value) -> value - before.getOrDefault(count, 0L));
        assertThat(counts).isEqualTo(Map.of("deliveries", 166L, "acks", 100L, "retries", 66L, "dead", 0L));
        orders.jdbc
                .sql("select number, attempts from sample_orders")
                .query((row, index) -> Map.entry(row.getInt(1), row.getInt(2)))
                .list()
                .forEach(order -> assertThat(order.getValue())
                        .as("attempts of order %s", order.getKey())
                        .isEqualTo(expectedAttempts(order.getKey())));
    }

    /** Said again, not asked from the listener: it is what the story promises. */
    private static int expectedAttempts(int number) {
        if (number % 6 == 0) {
            return 3;
        }
        return number % 2 == 0 ? 2 : 1;
    }

    private Map<String, Integer> states() {
        return orders.jdbc.sql("select state from sample_orders").query(String.class).list().stream()
                .collect(Collectors.toMap(state -> state, state -> 1, Integer::sum, TreeMap::new));
    }
}
