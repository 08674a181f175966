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
import org.junit.jupiter.params.provider.ValueSource;

/** Two queues, each of which gets what the other gives away, dropped at the same moment. */
@PostgresTest(template = MigratedSchema.class)
class DropLocksIT {

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

    private static CompletableFuture<Object> drop(Race race, String queue) throws SQLException {
        return race.untilItWaits(
                session -> session.value("select deliveries from pgqueue.drop_destination(?, true)", queue));
    }
}
