// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Backlog;
import io.pgqueue.ConflictException;
import io.pgqueue.Delivery;
import io.pgqueue.FilterChange;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PublishResult;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.SubscriptionStats;
import io.pgqueue.TopicSpec;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** FIL-1 to FIL-10: the filters of a subscription decide when a message is published. */
@PostgresTest(template = MigratedSchema.class)
class SubscriptionFilterIT {

    private static int topics;

    private final String topic = "filtered" + topics++;
    private PgQueue queue;
    private Sql sql;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        queue = PgQueue.builder(dataSource).build();
        sql = new Sql(dataSource);
        queue.admin().declareTopic(TopicSpec.of(topic));
    }

    @AfterEach
    void close() throws SQLException {
        queue.close();
        sql.close();
    }

    @Test
    void allThreeMustBeTrue() {
        subscribe(spec("all")
                .withSelector("JMSType = 'order'")
                .withAttributeFilter("{\"color\":[\"red\",\"blue\"]}")
                .withBodyFilter("{\"paid\":[true],\"/customer/country\":[\"CH\"]}"));
        String paid = "{\"paid\":true,\"customer\":{\"country\":\"CH\"}}";
        assertThat(matched(order("red", paid))).isEqualTo(1);
        assertThat(matched(order("blue", paid))).isEqualTo(1);
        assertThat(matched(order("green", paid))).isZero();
        assertThat(matched(order("red", "{\"paid\":\"true\",\"customer\":{\"country\":\"CH\"}}")))
                .isZero();
        assertThat(matched(order("red", "{\"paid\":true}"))).isZero();
        assertThat(matched(OutgoingMessage.json(paid).property("color", "red"))).isZero();
    }

    @Test
    void oneAndManyDecideAlike() {
        subscribe(spec("a").withBodyFilter("{\"n\":[1,2.50]}"));
        subscribe(spec("b").withAttributeFilter("{\"n\":[1]}"));
        subscribe(spec("c"));
        List<OutgoingMessage> messages = IntStream.range(0, 400)
                .mapToObj(i -> OutgoingMessage.json("{\"n\":" + (i % 4 == 2 ? "2.5" : i % 4) + "}")
                        .property("n", i % 2)
                        .build())
                .toList();
        List<PublishResult> many = queue.publish(topic, messages);
        List<PublishResult> one = messages.subList(0, 8).stream()
                .map(m -> queue.publish(topic, m))
                .toList();
        assertThat(many).extracting(PublishResult::matched).startsWith(1, 3, 2, 2, 1, 3, 2, 2);
        assertThat(one).extracting(PublishResult::matched).containsExactly(1, 3, 2, 2, 1, 3, 2, 2);
        assertThat(queue.receiver(topic, topic + "a").receive(1000))
                .hasSize(204)
                .extracting(Delivery::text)
                .containsOnly("{\"n\":1}", "{\"n\":2.5}");
    }

    /** FP-9's example, with what the seed let pass. */
    @Test
    void aMissingFieldIsNoMatchAndNothingIsEscaped() {
        subscribe(spec("payments").withBodyFilter("{\"event_type\":[\"payment.succeeded\",\"a&b\"]}"));
        assertThat(matched(OutgoingMessage.json("{\"event_type\":\"payment.succeeded\"}")))
                .isEqualTo(1);
        assertThat(matched(OutgoingMessage.json("{\"event_type\":\"a&b\"}"))).isEqualTo(1);
        assertThat(matched(OutgoingMessage.json("{\"amount\":1}"))).isZero();
        assertThat(matched(OutgoingMessage.json("{\"event_type\":null}"))).isZero();
        assertThat(matched(OutgoingMessage.json("{\"event_type\":[\"a&b\"]}"))).isZero();
        assertThat(matched(OutgoingMessage.json("[{\"event_type\":\"a&b\"}]"))).isZero();
    }

    /** FIL-10: whatever the body is, the sender gets no error, and the other subscription its copy. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"a\":1",
                "{\"a\":1} x",
                "{a:1}",
                "{\"a\":1,\"b\":\"\\u0000\"}",
                "{\"a\":1,\"b\":\"\\ud800\"}",
                "{\"a\":1,\"b\":1e200000}",
                "{\"a\":1,\"b\":-1e999999999999}",
                "1",
                "null",
                "\uFEFF{\"a\":1}"
            })
    void aBodyThatIsNoJsonObjectIsNoMatchAndNoError(String body) throws SQLException {
        subscribe(spec("a").withBodyFilter("{\"a\":[1]}"));
        // Without demands by which it could be looked up, so that its path is evaluated for every message.
        sql.run("select pgqueue.create_subscription(?, ?, '{\"body_path\":\"$.a == 1\"}')", topic, topic + "path");
        subscribe(spec("all"));
        assertThat(matched(OutgoingMessage.json(body))).isEqualTo(1);
        assertThat(queue.publish(
                        topic, List.of(OutgoingMessage.json(body).build(), json("{\"a\":1}"), json("{\"a\":2}"))))
                .extracting(PublishResult::matched)
                .containsExactly(1, 3, 1);
    }

    @Test
    void bytesDepthAndSizeAreNoError() {
        subscribe(spec("a").withBodyFilter("{\"a\":[1]}"));
        byte[] notUtf8 = "{\"a\":1,\"b\":\"\u00e4\"}".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(matched(OutgoingMessage.bytes(notUtf8).contentType("application/json")))
                .isZero();
        int depth = 500_000;
        assertThat(matched(OutgoingMessage.text("{\"a\":1,\"b\":" + "[".repeat(depth) + "]".repeat(depth) + "}")))
                .isZero();
        assertThat(matched(OutgoingMessage.json("{\"a\":1,\"b\":" + "9".repeat(200_000) + "}")))
                .isZero();
        assertThat(matched(OutgoingMessage.json(
                        "{\"a\":1,\"b\":[" + "1,".repeat(500_000) + "1],\"c\":\"" + "x".repeat(1_000_000) + "\"}")))
                .as("large, but JSON")
                .isEqualTo(1);
        assertThat(matched(OutgoingMessage.empty())).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "application/json,1",
        "application/json; charset=utf-8,1",
        "Application/JSON,1",
        "application/vnd.shop.order+json,1",
        "text/plain,1",
        ",1",
        "application/octet-stream,0",
        "application/xml,0",
        "application/jsonp,0",
        "image/png,0"
    })
    void onlyTextAndJsonIsReadAsJson(String contentType, int matched) {
        subscribe(spec("a").withBodyFilter("{\"a\":[1]}"));
        assertThat(matched(OutgoingMessage.bytes("{\"a\":1}".getBytes(StandardCharsets.UTF_8))
                        .contentType(contentType)))
                .isEqualTo(matched);
    }

    /** FIL-8. */
    @Test
    void theTextsComeBackUnchanged() throws SQLException {
        SubscriptionSpec spec = spec("kept")
                .withSelector("  name LIKE 'a&b<%'  ")
                .withAttributeFilter("{ \"color\" :[\"\\u0072ed\", 1.50]}")
                .withBodyFilter("{\"/a~1b\":[\"\\\"x\\\"\\n\"]}");
        subscribe(spec);
        subscribe(spec(("bare")));
        assertThat(queue.admin().subscription(topic, spec.name())).isEqualTo(spec);
        assertThat(queue.admin().subscriptions(topic, "")).containsExactly(spec("bare"), spec);
        assertThat(queue.admin().subscriptions(topic, topic + "bare")).containsExactly(spec);
        queue.admin().alterSubscription(spec.withSelector(null));
        assertThat(queue.admin().subscription(topic, spec.name())).isEqualTo(spec.withSelector(null));
        assertThat(sql.column(
                        "select settings ->> 'attribute_filter' from pgqueue.list_subscriptions(?) order by name",
                        topic))
                .containsExactly(null, spec.attributeFilter());
    }

    @Test
    void declaringAgainComparesWhatIsMeant() {
        SubscriptionSpec spec = spec("again").withSelector("a = 1").withBodyFilter("{\"b\":[1]}");
        subscribe(spec);
        queue.admin().declareSubscription(spec);
        queue.admin().declareSubscription(spec.withSelector("a=1").withBodyFilter("{\"b\": [1]}"));
        assertThatThrownBy(() -> queue.admin().declareSubscription(spec.withBodyFilter("{\"b\":[2]}")))
                .isInstanceOf(ConflictException.class)
                .hasMessageContaining("{\"b\":[2]}");
        assertThatThrownBy(() -> queue.admin().declareSubscription(spec.withSelector(null)))
                .isInstanceOf(ConflictException.class);
    }

    /** LIM-4. */
    @Test
    void whatCannotBeUnderstoodIsRefusedBeforeAnythingIsWritten() {
        for (SubscriptionSpec bad : List.of(
                spec("bad").withSelector("a = "),
                spec("bad").withAttributeFilter("{\"a\":[]}"),
                spec("bad").withAttributeFilter("{\"not a name\":[1]}"),
                spec("bad").withBodyFilter("{\"a\":[null]}"))) {
            assertThatThrownBy(() -> subscribe(bad))
                    .isInstanceOf(InvalidFilterException.class)
                    .hasMessageContaining("character");
        }
        assertThatThrownBy(() -> spec("bad").withSelector("a = '\0'")).isInstanceOf(InvalidFilterException.class);
        assertThat(queue.admin().subscriptions(topic, "")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"filter\":\"$.a ==\"}",
                "{\"filter\":\"$.a\"}",
                "{\"filter\":\"$.a == 1 && $b == 2\"}",
                "{\"filter\":\"$.a == \\\"x\\\" && $\\\"JMSXGroupID\\\" == 2\"}",
                "{\"body_path\":\"$JMSType == 2\"}",
                "{\"body_path\":\"$.d.datetime() < \\\"2020-01-01T00:00:00+00\\\".datetime()\"}",
                "{\"selector\":\"a = 1\"}",
                "{\"selector\":\"a = 1\",\"body_path\":\"$.a == 1\"}",
                "{\"body_filter\":\"{}\",\"filter\":\"$.a == 1\"}"
            })
    void sqlTakesNoPathThatWouldFailOrNeverMatch(String settings) {
        assertThatThrownBy(() -> sql.run("select pgqueue.create_subscription(?, 's', ?::jsonb)", topic, settings))
                .isInstanceOf(SQLException.class)
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("PQ004");
    }

    @Test
    void sqlTakesAPredicateOverPropertiesHeadersAndBody() throws SQLException {
        sql.run(
                "select pgqueue.create_subscription(?, ?, ?::jsonb)",
                topic,
                topic + "sql",
                "{\"filter\":\"$.a == \\\"$b \\\\\\\"$c\\\" || $JMSPriority > 5\",\"body_path\":\"$.x == 1\"}");
        assertThat(sql.number("select matched from pgqueue.publish(?, '{\"x\":1}'::jsonb, priority => 6)", topic))
                .isEqualTo(1);
        assertThat(sql.number("select matched from pgqueue.publish(?, '{\"x\":2}'::jsonb, priority => 6)", topic))
                .isZero();
        assertThat(sql.number(
                        "select matched from pgqueue.publish(?, '{\"x\":1}'::jsonb, '{\"a\":\"$b \\\"$c\"}'::jsonb)",
                        topic))
                .isEqualTo(1);
        assertThatThrownBy(() -> sql.run("select pgqueue.create_queue('filterq', '{\"body_path\":\"$.x == 1\"}')"))
                .hasMessageContaining("a queue takes every message");
    }

    /** PUB-2: a queue that exists gets no filter either, else a message sent to it could vanish. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "alter_subscription(?, '{\"filter\":\"false\"}')",
                "change_filter(?, '{\"body_path\":\"false\"}')"
            })
    void aQueueGetsNoFilterLater(String call) throws SQLException {
        int subscription = sql.queue(topic + "q", "{}");
        assertThatThrownBy(() -> sql.run("select pgqueue." + call, subscription))
                .hasMessageContaining("a queue takes every message")
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("PQ002");
        assertThat(sql.number("select matched from pgqueue.publish(?, 'x')", topic + "q"))
                .isEqualTo(1);
    }

    /** FIL-12. */
    @Test
    void aChangedFilterKeepsRefiltersOrDropsWhatWaits() {
        SubscriptionSpec spec = spec("changes").withSelector("n >= 0");
        subscribe(spec);
        queue.publish(
                topic,
                IntStream.range(0, 3000)
                        .mapToObj(i -> OutgoingMessage.json("{\"n\":" + i + "}")
                                .property("n", i)
                                .priority(i % 10)
                                .delay(i < 1000 ? Duration.ofHours(1) : Duration.ZERO)
                                .build())
                        .toList());
        List<Delivery> held = queue.receiver(topic, spec.name()).receive(10);
        SubscriptionSpec narrow = spec.withSelector("n < 1500").withBodyFilter("{\"n\":[1,2,3,1400,2999]}");
        FilterChange expected = new FilterChange(4, 2986, 10);

        assertThat(queue.admin().previewAlter(narrow, Backlog.REFILTER)).isEqualTo(expected);
        assertThat(queue.admin().previewAlter(narrow, Backlog.KEEP)).isEqualTo(new FilterChange(2990, 0, 10));
        assertThat(queue.admin().subscription(topic, spec.name()))
                .as("a preview")
                .isEqualTo(spec);
        assertThat(queue.admin().alterSubscription(narrow, Backlog.KEEP)).isEqualTo(new FilterChange(2990, 0, 10));
        assertThat(queue.admin().alterSubscription(narrow, Backlog.REFILTER)).isEqualTo(expected);
        assertThat(queue.admin().subscription(topic, spec.name())).isEqualTo(narrow);
        assertThat(queue.admin().stats(topic, spec.name())).isEqualTo(new SubscriptionStats(1, 10, 3, 0, 0));
        queue.ack(held);
        assertThat(queue.admin().alterSubscription(spec, Backlog.DROP)).isEqualTo(new FilterChange(0, 4, 0));
        assertThat(queue.admin().stats(topic, spec.name()).unfinished()).isZero();
        assertThat(matched(OutgoingMessage.json("{}").property("n", 5000))).isEqualTo(1);
    }

    @Test
    void nothingThatAConsumerTakesMeanwhileIsDiscarded() throws Exception {
        SubscriptionSpec spec = spec("races");
        subscribe(spec);
        for (int round = 0; round < 5; round++) {
            queue.publish(
                    topic,
                    IntStream.range(0, 2000)
                            .mapToObj(i -> OutgoingMessage.text("x").build())
                            .toList());
            AtomicInteger received = new AtomicInteger();
            Thread consumer = new Thread(() -> {
                Receiver receiver = queue.receiver(topic, spec.name());
                for (int i = 0; i < 20; i++) {
                    List<Delivery> deliveries = receiver.receive(20);
                    received.addAndGet(deliveries.size());
                    queue.ack(deliveries);
                }
            });
            consumer.start();
            FilterChange change = queue.admin().alterSubscription(spec.withSelector("FALSE"), Backlog.REFILTER);
            consumer.join();
            queue.admin().alterSubscription(spec);
            assertThat(change.discarded() + received.get()).isEqualTo(2000);
        }
    }

    private SubscriptionSpec spec(String name) {
        return SubscriptionSpec.of(topic, topic + name);
    }

    private void subscribe(SubscriptionSpec spec) {
        queue.admin().createSubscription(spec);
    }

    private int matched(OutgoingMessage.Builder message) {
        return queue.publish(topic, message.build()).matched();
    }

    private static OutgoingMessage json(String body) {
        return OutgoingMessage.json(body).build();
    }

    private static OutgoingMessage.Builder order(String color, String body) {
        return OutgoingMessage.json(body).type("order").property("color", color);
    }
}
