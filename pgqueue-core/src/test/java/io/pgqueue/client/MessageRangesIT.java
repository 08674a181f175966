// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgqueue.Delivery;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.OutgoingMessage;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** LIM-2, PUB-8, PUB-9: what a message may say, from Java and from SQL alike, and its defaults. */
class MessageRangesIT extends OneClient {

    private static final Duration YEAR = Duration.ofDays(366);

    enum Taken {
        PRIORITY_0("priority => 0", m -> m.priority(0)),
        PRIORITY_9("priority => 9", m -> m.priority(9)),
        DELAY_0("delay => '0'", m -> m.delay(Duration.ZERO)),
        LONGEST_DELAY("delay => '366 days'", m -> m.delay(YEAR)),
        A_TIME_IN_THE_PAST("deliver_at => '1970-01-01Z'", m -> m.deliverAt(Instant.EPOCH)),
        FAR_TIME(
                "deliver_at => clock_timestamp() + interval '365 days 23 hours'",
                m -> m.deliverAt(Instant.now().plus(YEAR).minusSeconds(3600))),
        LONGEST_LIFE("time_to_live => '178000000 years'", m -> m.timeToLive(Duration.ofMillis(Long.MAX_VALUE))),
        LIFE_BEYOND_THE_DELAY(
                "time_to_live => '1.001 s', delay => '1 s'",
                m -> m.timeToLive(Duration.ofMillis(1001)).delay(Duration.ofSeconds(1))),
        GROUP("group_key => repeat('x', 255)", m -> m.group("x".repeat(255))),
        CORRELATION("correlation_id => repeat('x', 255)", m -> m.correlationId("x".repeat(255))),
        TYPE("type => repeat('x', 255)", m -> m.type("x".repeat(255))),
        REPLY("reply_to => repeat('x', 255)", m -> m.replyTo("x".repeat(255))),
        CONTENT("content_type => repeat('x', 255)", m -> m.contentType("x".repeat(255))),
        DEDUP("dedup_key => repeat('x', 255)", m -> m.dedupKey("y".repeat(255))),
        REPLACE("replace_key => repeat('x', 255)", m -> m.replaceKey("y".repeat(255))),
        CHARACTERS_NOT_BYTES("group_key => repeat('€', 255)", m -> m.group("€".repeat(255))),
        A_HUNDRED_PROPERTIES(
                "properties => (select jsonb_object_agg('p' || i, i) from generate_series(1, 100) i)", m -> {
                    for (int i = 0; i < 100; i++) {
                        m.property("p" + i, i);
                    }
                    return m;
                }),
        LONGEST_PROPERTY_NAME(
                "properties => jsonb_build_object(repeat('n', 128), true)", m -> m.property("n".repeat(128), true));

        private final String sql;
        private final UnaryOperator<OutgoingMessage.Builder> java;

        Taken(String sql, UnaryOperator<OutgoingMessage.Builder> java) {
            this.sql = sql;
            this.java = java;
        }
    }

    /** The state of SQL, and what its message begins with; the exception of Java follows from the state. */
    enum Refused {
        PRIORITY_10("PQ002", "priority is 10, must be 0 to 9", "priority => 10", m -> m.priority(10)),
        PRIORITY_BELOW("PQ002", "priority is -1, must be 0 to 9", "priority => -1", m -> m.priority(-1)),
        DELAY_ABOVE("PQ002", "delay", "delay => '366 days 1 second'", m -> m.delay(YEAR.plusSeconds(1))),
        DELAY_BELOW("PQ002", "delay", "delay => '-1 second'", m -> m.delay(Duration.ofSeconds(-1))),
        TIME_TOO_FAR(
                "PQ002",
                "delivery time is",
                "deliver_at => clock_timestamp() + interval '367 days'",
                m -> m.deliverAt(Instant.now().plus(YEAR).plusSeconds(86_400))),
        LIFE_BELOW("PQ002", "time", "time_to_live => '-1 second'", m -> m.timeToLive(Duration.ofSeconds(-1))),
        LIFE_NOT_BEYOND_THE_DELAY(
                "PQ002",
                "time",
                "time_to_live => '1 s', delay => '1 s'",
                m -> m.timeToLive(Duration.ofSeconds(1)).delay(Duration.ofSeconds(1))),
        LIFE_NOT_BEYOND_THE_TIME(
                "PQ002",
                "time",
                "time_to_live => '1 s', deliver_at => clock_timestamp() + interval '1 hour'",
                m -> m.timeToLive(Duration.ofSeconds(1)).deliverAt(Instant.now().plusSeconds(3600))),
        DELAY_AND_TIME(
                "PQ002",
                "delay is",
                "delay => '1 s', deliver_at => now()",
                m -> m.delay(Duration.ofSeconds(1)).deliverAt(Instant.EPOCH)),
        GROUP("PQ002", "group", "group_key => repeat('x', 256)", m -> m.group("x".repeat(256))),
        CORRELATION("PQ002", "corr", "correlation_id => repeat('x', 256)", m -> m.correlationId("x".repeat(256))),
        TYPE("PQ002", "type is 256 characters", "type => repeat('x', 256)", m -> m.type("x".repeat(256))),
        REPLY("PQ002", "reply", "reply_to => repeat('x', 256)", m -> m.replyTo("x".repeat(256))),
        CONTENT("PQ002", "content", "content_type => repeat('x', 256)", m -> m.contentType("x".repeat(256))),
        DEDUP("PQ002", "dedup", "dedup_key => repeat('x', 256)", m -> m.dedupKey("x".repeat(256))),
        REPLACE("PQ002", "replace", "replace_key => repeat('x', 256)", m -> m.replaceKey("x".repeat(256))),
        NO_DEDUP("PQ002", "dedup", "dedup_key => ''", m -> m.dedupKey("")),
        NO_REPLACE("PQ002", "", "replace_key => ''", m -> m.replaceKey("")),
        PROPERTY_NULL(
                "PQ003", "Property 'a' of type null", "properties => '{\"a\":null}'", m -> m.properties(withNull())),
        PROPERTY_LIST("PQ003", "Property 'a' of type", "properties => '{\"a\":[1]}'", m -> m.property("a", List.of(1))),
        PROPERTY_OBJECT(
                "PQ003",
                "Property 'a' of type",
                "properties => '{\"a\":{\"b\":1}}'",
                m -> m.property("a", Map.of("b", 1))),
        PROPERTY_NAME("PQ003", "", "properties => '{\"a b\":1}'", m -> m.property("a b", 1)),
        PROPERTY_WORD("PQ003", "", "properties => '{\"like\":1}'", m -> m.property("like", 1)),
        PROPERTY_NAME_TOO_LONG(
                "PQ003",
                "",
                "properties => jsonb_build_object(repeat('n', 129), 1)",
                m -> m.property("n".repeat(129), 1)),
        TOO_MANY_PROPERTIES(
                "PQ005",
                "",
                "properties => (select jsonb_object_agg('p' || i, i) from generate_series(1, 101) i)",
                m -> {
                    for (int i = 0; i < 101; i++) {
                        m.property("p" + i, i);
                    }
                    return m;
                }),
        TOO_LARGE_PROPERTIES(
                "PQ005",
                "",
                "properties => jsonb_build_object('p', repeat('x', 32768))",
                m -> m.property("p", "x".repeat(32_768)));

        private final String state;
        private final String message;
        private final String sql;
        private final UnaryOperator<OutgoingMessage.Builder> java;

        Refused(String state, String message, String sql, UnaryOperator<OutgoingMessage.Builder> java) {
            this.state = state;
            this.message = message;
            this.sql = sql;
            this.java = java;
        }

        String exception() {
            return switch (state) {
                case "PQ002" -> "InvalidArgumentException";
                case "PQ003" -> "InvalidPropertyException";
                default -> "MessageTooLargeException";
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void theEndsOfEachRangeAreTaken(Taken taken) throws SQLException {
        queue.publish(name, taken.java.apply(OutgoingMessage.text("java")).build());
        sql.run("select pgqueue.publish(?, 'sql', " + taken.sql + ")", name);
        assertThat(queue.admin().stats(name).unfinished()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsBeyondIsRefusedBeforeAnythingIsWritten(Refused refused) throws SQLException {
        assertThatThrownBy(() -> queue.publish(
                        name, refused.java.apply(OutgoingMessage.text("java")).build()))
                .extracting(error -> error.getClass().getSimpleName())
                .isEqualTo(refused.exception());
        assertThatThrownBy(() -> queue.publish(
                        name,
                        List.of(
                                OutgoingMessage.text("good").build(),
                                refused.java
                                        .apply(OutgoingMessage.text("in a list"))
                                        .build())))
                .extracting(error -> error.getClass().getSimpleName())
                .as("in a list")
                .isEqualTo(refused.exception());
        refused(refused.state, refused.message, "select pgqueue.publish('" + name + "', 'sql', " + refused.sql + ")");
        assertThat(queue.admin().stats(name).unfinished()).isZero();
    }

    @Test
    void defaultsAreTheSameInJavaAndInSql() throws SQLException {
        queue.publish(name, OutgoingMessage.text("x").build());
        sql.run("select pgqueue.publish(?, 'x')", name);
        sql.run("select pgqueue.publish(?, 'x', time_to_live => '0')", name);
        queue.publish(name, OutgoingMessage.text("x").timeToLive(Duration.ZERO).build());
        List<Delivery> received = queue.receiver(name).receive(10);
        assertThat(received).as("due at once, and for ever").hasSize(4).allSatisfy(delivery -> {
            assertThat(delivery.headers().priority()).isEqualTo(4);
            assertThat(delivery.headers().expiresAt()).isNull();
            assertThat(delivery.properties()).isEmpty();
        });
    }

    /** Nobody can tell it from never. */
    @Test
    void aLifeBeyondTheTimesOfTheDatabaseIsForEver() throws SQLException {
        queue.publish(
                name,
                OutgoingMessage.text("x")
                        .timeToLive(Duration.ofSeconds(Long.MAX_VALUE))
                        .build());
        sql.run("select pgqueue.publish(?, 'x', time_to_live => '100000 years')", name);
        assertThat(queue.receiver(name).receive(10))
                .hasSize(2)
                .allSatisfy(
                        delivery -> assertThat(delivery.headers().expiresAt()).isNull());
    }

    /** Whatever settles, looks or takes back says as much about its numbers. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "max is 0, must be 1 to 1000             | receive($s, 0)",
                "max is 1001, must be 1 to 1000          | receive($s, 1001)",
                "max is null, must be 1 to 1000          | receive($s, null)",
                "max is 1001, must be 1 to 1000          | pop($s, 1001)",
                "lease_ms is 999, must be 1000 to 43200000      | receive($s, 1, 999)",
                "lease_ms is 43200001, must be 1000 to 43200000 | receive($s, 1, 43200001)",
                "lease_ms is 999, must be 1000 to 43200000      | extend(0, $s, 4::smallint, '{1}', '{1}', 999)",
                "lease_ms is null, must be 1000 to 43200000     | extend(0, $s, 4::smallint, '{1}', '{1}', null)",
                "delay_ms is -1, must be 0 to 31622400000          | nack(0, $s, 4::smallint, '{1}', '{1}', -1)",
                "delay_ms is 31622400001, must be 0 to 31622400000 | nack(0, $s, 4::smallint, '{1}', '{1}', 31622400001)",
                "delay_ms is 31622400001, must be 0 to 31622400000 | snooze(0, $s, 4::smallint, '{1}', '{1}', 31622400001)",
                "delay_ms is null, must be 0 to 31622400000        | snooze(0, $s, 4::smallint, '{1}', '{1}', null)",
                "limit is 0, must be 1 to 1000           | cancel_matching($d, 'c', p_limit => 0)",
                "limit is 1001, must be 1 to 1000        | cancel_matching($d, 'c', p_limit => 1001)",
                "limit is null, must be 1 to 1000        | cancel_matching($d, 'c', p_limit => null)",
                "limit is 1001, must be 1 to 1000        | redrive($s, p_limit => 1001)",
                "limit is 0, must be 1 to 1000           | discard($s, p_limit => 0)",
                "limit is 1001, must be 1 to 1000        | dead_letters($s, 1001)",
                "message_ids is 1001 entries             | redrive($s, array_fill(gen_random_uuid(), array[1001]))",
                "per_second is 0, must be 0.001 to 10000 | redrive($s, p_per_second => 0)",
                "per_second is 10001, must be 0.001 to   | redrive($s, p_per_second => 10001)",
                "limit is 1001, must be 1 to 1000        | browse($s, 1001)",
                "limit is 0, must be 1 to 1000           | blocked_groups($s, 0)",
                "limit is 0, must be 1 to 1000           | read_history($n, 0)",
                "limit is 1001, must be 1 to 1000        | move_backlog($s, $n, 1001)",
                "delivery time is null, must be given    | reschedule(gen_random_uuid(), null)",
                "delivery time is                        | reschedule(gen_random_uuid(), now() + interval '367 days')",
                "consumer is 256 characters long, must be 1 to 255 | hold_as(repeat('c', 256))",
            })
    void callsAreCheckedToo(String message, String call) throws SQLException {
        refused(
                "PQ002",
                message,
                "select * from pgqueue."
                        + call.replace("$s", Integer.toString(sql.subscription(name)))
                                .replace("$d", Integer.toString(sql.destination(name)))
                                .replace("$n", "'" + name + "'"));
    }

    @Test
    void soAreTheCallsOfJava() {
        invalid(() -> queue.receiver(name).receive(0), "max is 0, must be 1 to 1000");
        invalid(() -> queue.receiver(name).receive(1001), "max is 1001, must be 1 to 1000");
        invalid(() -> queue.scheduling().cancelByGroup(name, "g", 0), "limit is 0, must be 1 to 1000");
        invalid(() -> queue.scheduling().cancelByCorrelationId(name, "c", 1001), "limit is 1001, must be 1 to 1000");
        invalid(() -> BrowseOptions.DEFAULT.withLimit(1001), "limit is 1001, must be 1 to 1000");
        invalid(
                () -> queue.admin().deadLetters(name).redrive(ids(1001)),
                "messageIds has 1001 entries, must be at most 1000");
        invalid(
                () -> queue.publishTracked(name, OutgoingMessage.empty().build(), Duration.ofSeconds(59)),
                "keep is PT59S, must be PT1M to PT168H");
        invalid(
                () -> queue.publishTracked(
                        name,
                        OutgoingMessage.empty().build(),
                        Duration.ofDays(7).plusMillis(1)),
                "keep is PT168H0.001S, must be PT1M to PT168H");
        invalid(() -> queue.ackBatcher(0, Duration.ofMillis(20)), "size is 0, must be 1 to 1000");
        invalid(() -> queue.ackBatcher(1001, Duration.ofMillis(20)), "size is 1001, must be 1 to 1000");
        invalid(() -> queue.ackBatcher(100, Duration.ZERO), "delay is PT0S, must be PT0.001S to PT1S");
        invalid(() -> queue.ackBatcher(100, Duration.ofMillis(1001)), "delay is PT1.001S, must be PT0.001S to PT1S");
    }

    private static void invalid(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(InvalidArgumentException.class).hasMessageStartingWith(message);
    }

    private static List<UUID> ids(int count) {
        return Stream.generate(UUID::randomUUID).limit(count).toList();
    }

    private void refused(String state, String message, String call) {
        PSQLException error = catchThrowableOfType(PSQLException.class, () -> sql.run(call));
        assertThat((Throwable) error).as(call).isNotNull();
        assertThat(error.getSQLState()).as("%s: %s", call, error.getMessage()).isEqualTo(state);
        ServerErrorMessage told = error.getServerErrorMessage();
        assertThat(told).isNotNull();
        assertThat(told.getMessage()).as(call).startsWith(message.strip());
        assertThat(told.getHint()).as(call).isNotBlank();
    }

    private static Map<String, Object> withNull() {
        Map<String, Object> properties = new HashMap<>();
        properties.put("a", null);
        return properties;
    }
}
