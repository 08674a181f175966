// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A subscription that ends an hour after its last use. Times are set back in the table. */
@PostgresTest(template = MigratedSchema.class)
abstract class IdleSubscription {

    /** Announced after 30 minutes and 36 seconds, ended after 60 minutes and 36 seconds. */
    static final String AN_HOUR = "{\"expire_after_idle_ms\":3600000}";

    private static int names;

    Sql sql;
    String topic;
    String name;
    int subscription;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        topic = "idle" + names++;
        name = topic + ".a";
        sql.run("select pgqueue.create_topic(?)", topic);
        subscription = create(name, AN_HOUR);
        pass();
    }

    @AfterEach
    void close() throws SQLException {
        sql.run("select pgqueue.drop_destination(?, true)", topic);
        sql.close();
    }

    int create(String name, String settings) throws SQLException {
        return (int) sql.number("select pgqueue.create_subscription(?, ?, ?::jsonb)", topic, name, settings);
    }

    List<Held> receive() throws SQLException {
        return sql.receive(subscription, 1);
    }

    void idleFor(String interval) throws SQLException {
        assertThat(sql.run(
                        "update pgqueue.activity set active_at = clock_timestamp() - ?::interval where subscription_id = ?",
                        interval,
                        subscription))
                .isEqualTo(1);
    }

    /** Does nothing when its end is not announced. */
    void announcedFor(String interval) throws SQLException {
        sql.run(
                "update pgqueue.activity set warned_at = clock_timestamp() - ?::interval where subscription_id = ? "
                        + "and (warned_at is not null or active_at < clock_timestamp() - interval '1 hour')",
                interval,
                subscription);
    }

    void announced() throws SQLException {
        idleFor("31 minutes");
        sql.run("update pgqueue.activity set warned_at = clock_timestamp() where subscription_id = ?", subscription);
    }

    /** As if its time were over and announced long ago. */
    void end() throws SQLException {
        idleFor("61 minutes");
        announcedFor("31 minutes");
        pass();
    }

    long idleSeconds() throws SQLException {
        return sql.number(
                "select extract(epoch from clock_timestamp() - active_at)::bigint from pgqueue.activity where subscription_id = ?",
                subscription);
    }

    boolean exists() throws SQLException {
        return sql.number("select count(*) from pgqueue.subscription where id = ?", subscription) == 1;
    }

    long left(int of) throws SQLException {
        return sql.number(
                "select (select count(*) from pgqueue.delivery where subscription_id = ?) + (select count(*) from "
                        + "pgqueue.scheduled where subscription_id = ?) + (select count(*) from pgqueue.dead_letter where "
                        + "subscription_id = ?)",
                of,
                of,
                of);
    }

    List<Object> pass() throws SQLException {
        return sql.column(
                "select i.topic || ' ' || i.subscription || ' ' || i.idle_ms || case when i.ended then ' has ended' "
                        + "else ' ends in ' || (extract(epoch from i.ends_at - clock_timestamp()) / 60)::integer || ' minutes' end "
                        + "from pgqueue.maintain() m, unnest(m.idle) i");
    }
}
