// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is dropped at the same moment as something that belongs to it or sends to it. */
@PostgresTest(template = MigratedSchema.class)
class DropLocksIT {

    private static final String LOOKED_UP = """
            {"selector": "a = 1", "filter": "$.a == 1", "demands": {"pa": [1]}}""";

    private static int names;

    @ParameterizedTest
    @ValueSource(strings = {"{\"dead_letter_queue\":\"%s\"}", "{\"on_expiry\":\"move\",\"expiry_queue\":\"%s\"}"})
    void twoDropsOfQueuesThatSendToEachOtherDoNotDeadlock(String settings, DataSource dataSource) throws Exception {
        String one = "drop" + names++;
        String two = "drop" + names++;
        try (Sql sql = new Sql(dataSource);
                Sql gate = new Sql(dataSource);
                Race first = new Race(new Sql(dataSource), sql);
                Race second = new Race(new Sql(dataSource), sql)) {
            sql.queue(one, "{}");
            sql.queue(two, settings.formatted(one));
            sql.run("select pgqueue.alter_subscription(?, ?::jsonb)", sql.subscription(one), settings.formatted(two));
            // Holds both where each has locked its own queue and is about to change the other one.
            sql.run("create or replace function public.pass() returns trigger language plpgsql as "
                    + "'begin perform pg_advisory_xact_lock_shared(4711); return null; end'");
            sql.run("create or replace trigger gate before update on pgqueue.subscription for each statement "
                    + "execute function public.pass()");
            gate.run("select pg_advisory_lock(4711)");
            List<CompletableFuture<Object>> drops = List.of(drop(first, one), drop(second, two));
            gate.run("select pg_advisory_unlock(4711)");
            for (CompletableFuture<Object> each : drops) {
                assertThatCode(() -> each.get(30, TimeUnit.SECONDS)).doesNotThrowAnyException();
            }
            sql.run("drop trigger gate on pgqueue.subscription");
            assertThat(sql.number("select count(*) from pgqueue.subscription where name in (?, ?)", one, two))
                    .isZero();
        }
    }

    /** A change of what is looked up by value changes its topic as well. */
    @ParameterizedTest
    @EnumSource
    void aTopicIsDroppedWhileOneOfItsSubscriptionsThatIsLookedUpChanges(Change change, DataSource dataSource)
            throws Exception {
        String topic = "drop" + names++;
        try (Sql sql = new Sql(dataSource);
                Sql gate = new Sql(dataSource);
                Race first = new Race(new Sql(dataSource), sql);
                Race second = new Race(new Sql(dataSource), sql)) {
            sql.run("select pgqueue.create_topic(?)", topic);
            int subscription = change.make(sql, topic);
            // Only with eight others is one looked up by value.
            for (int i = 0; i < 8; i++) {
                sql.run("select pgqueue.create_subscription(?, ?, ?::jsonb)", topic, topic + "-" + i, LOOKED_UP);
            }
            sql.run("select pgqueue.alter_subscription(?, ?::jsonb)", subscription, LOOKED_UP);
            assertThat(sql.value("select routed from pgqueue.subscription where id = ?", subscription))
                    .isEqualTo(true);
            // Holds the change where it has its subscription, and has not told the topic yet.
            sql.run("create or replace function public.pass() returns trigger language plpgsql as "
                    + "'begin perform pg_advisory_xact_lock_shared(4711); return null; end'");
            sql.run("create or replace trigger gate before delete on pgqueue.route for each statement "
                    + "execute function public.pass()");
            gate.run("select pg_advisory_lock(4711)");
            CompletableFuture<Object> changed = first.untilItWaits(session -> change.run(session, subscription, topic));
            assertThat(changed).isNotDone();
            CompletableFuture<Object> dropped = drop(second, topic);
            assertThat(dropped).isNotDone();
            gate.run("select pg_advisory_unlock(4711)");
            assertThatCode(() -> changed.get(30, TimeUnit.SECONDS)).doesNotThrowAnyException();
            assertThatCode(() -> dropped.get(30, TimeUnit.SECONDS)).doesNotThrowAnyException();
            sql.run("drop trigger gate on pgqueue.route");
            assertThat(sql.number(
                            "select count(*) from pgqueue.subscription where name = ? or starts_with(name, ?)",
                            topic,
                            topic + "-"))
                    .isZero();
        }
    }

    private enum Change {
        DROP("select pgqueue.drop_subscription(?, true)"),
        ALTER("select pgqueue.alter_subscription(?, '{\"filter\": null}')"),
        CHANGE_FILTER("select pgqueue.change_filter(?, '{\"filter\": null}')"),
        UNSUBSCRIBE("select pgqueue.unsubscribe(?, ?)");

        private final String statement;

        Change(String statement) {
            this.statement = statement;
        }

        /** The one with the smallest id, which a drop of the topic comes to first. */
        int make(Sql sql, String topic) throws SQLException {
            return (int) sql.number("select pgqueue.create_subscription(?, ?)", topic, topic);
        }

        Object run(Sql session, int subscription, String topic) throws SQLException {
            return this == UNSUBSCRIBE
                    ? session.column(statement, null, topic)
                    : session.column(statement, subscription);
        }
    }

    private static CompletableFuture<Object> drop(Race race, String queue) throws SQLException {
        return race.untilItWaits(
                session -> session.value("select deliveries from pgqueue.drop_destination(?, true)", queue));
    }
}
