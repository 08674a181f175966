// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** FIL-13: the cost of publishing to many filtered subscriptions follows those that match. */
@PostgresTest(template = MigratedSchema.class)
class RouteIT {

    private static final String PUBLISH =
            "select * from pgqueue.publish_message(%s, gen_random_uuid(), convert_to(%s, 'UTF8'), %s, 4::smallint, null, null, "
                    + "null, null, null, null, null, null)";

    private static final String PUBLISH_BATCH =
            "select * from pgqueue.publish_messages(%1$s, array[gen_random_uuid(), gen_random_uuid()], "
                    + "array[convert_to(%2$s, 'UTF8'), convert_to(%2$s, 'UTF8')], array[%3$s, '{}']::jsonb[], '{4,4}', null, null, "
                    + "null, null, null, null, null, null)";

    private static int topics;

    private final String topic = "routed" + topics++;
    private Sql sql;
    private int destination;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        sql.run("select pgqueue.create_topic(?)", topic);
        destination = sql.destination(topic);
        // The first eight are not looked up.
        sql.run(
                "select count(pgqueue.create_subscription(?, ? || 'unrouted' || i, '{\"filter\":\"$.never == 1\","
                        + "\"demands\":{\"pnever\":[1]}}')) from generate_series(1, 8) i",
                topic,
                topic);
        assertThat(demanded()).isNull();
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    /** Counted in pages, because time tells nothing on a busy machine. Some are never analysed, some were when empty. */
    @Test
    void tenThousandFilteredSubscriptionsCostAPublishAsMuchAsTen() throws SQLException {
        sql.run("analyze pgqueue.subscription");
        sql.run("analyze pgqueue.route");
        subscribe("first", "$.\"customer\" == \"c0\"", "{\"pcustomer\":[\"c0\"]}");
        many(1, 1);
        long[] ofTen = {pages(PUBLISH), pages(PUBLISH_BATCH)};
        many(2, 9_991);
        assertThat(matched("{\"customer\":\"c1\"}")).isEqualTo("1");
        assertThat(sql.number("select count(*) from pgqueue.subscription where destination_id = ?", destination))
                .isEqualTo(10_000);
        assertThat(pages(PUBLISH)).isLessThanOrEqualTo(2 * ofTen[0]);
        assertThat(pages(PUBLISH_BATCH)).isLessThanOrEqualTo(2 * ofTen[1]);
    }

    @Test
    void aDemandThatManyHaveInCommonIsNotTheOneLookedUp() throws SQLException {
        for (int i = 0; i < 5; i++) {
            subscribe(
                    "s" + i, "$.\"tenant\" == \"x\" && $.\"id\" == " + i, "{\"ptenant\":[\"x\"],\"pid\":[" + i + "]}");
        }
        assertThat(sql.column(
                        "select name || value from pgqueue.route where destination_id = ? order by 1", destination))
                .contains("pid1", "pid2", "pid3", "pid4");
        assertThat(matched("{\"tenant\":\"x\",\"id\":3}")).isEqualTo("s3");
        assertThat(matched("{\"tenant\":\"y\",\"id\":3}")).isNull();
    }

    @Test
    void headersBodyAndDelaysCountAsEver() throws SQLException {
        sql.run(
                "select pgqueue.create_subscription(?, 'typed', '{\"filter\":\"$JMSType == \\\"order\\\"\","
                        + "\"demands\":{\"hJMSType\":[\"order\"]}}')",
                topic);
        sql.run(
                "select pgqueue.create_subscription(?, 'swiss', '{\"body_path\":\"strict $.customer.country == \\\"CH\\\"\","
                        + "\"demands\":{\"bcustomer/country\":[\"CH\"]}}')",
                topic);
        sql.run(
                "select pgqueue.create_subscription(?, 'later', '{\"filter\":\"$.n == 1\",\"body_path\":\"strict $.a == 1\","
                        + "\"delay_ms\":60000,\"demands\":{\"pn\":[1]}}')",
                topic);
        assertThat(sql.number(
                        "select count(*) from pgqueue.subscription where destination_id = ? and routed", destination))
                .isEqualTo(3);
        sql.run(
                "select pgqueue.publish(?, '{\"a\":1,\"customer\":{\"country\":\"CH\"}}'::jsonb, '{\"n\":1.0}', type => 'order')",
                topic);
        assertThat(sql.column(
                        "select s.name || ' ' || (d.due_at <= clock_timestamp()) from pgqueue.scheduled d "
                                + "join pgqueue.subscription s on s.id = d.subscription_id where s.destination_id = ? order by 1",
                        destination))
                .containsExactly("later false", "swiss true", "typed true");
    }

    @Test
    void aChangedFilterIsLookedUpByItsNewValueAndADroppedOneNotAtAll() throws SQLException {
        int id = subscribe("s", "$.\"kind\" == \"a\"", "{\"pkind\":[\"a\"]}");
        assertThat(matched("{\"kind\":\"a\"}")).isEqualTo("s");
        alter(id, "$.\"color\" == \"red\"", "{\"pcolor\":[\"red\"]}");
        assertThat(matched("{\"kind\":\"a\"}")).isNull();
        assertThat(matched("{\"color\":\"red\"}")).isEqualTo("s");
        assertThat(demanded()).isEqualTo("{pcolor}");
        alter(id, "$.\"n\" > 1", "{}");
        assertThat(matched("{\"n\":2}")).isEqualTo("s");
        assertThat(demanded()).isNull();
        alter(id, "$.\"color\" == \"red\"", "{\"pcolor\":[\"red\"]}");
        sql.run("select pgqueue.drop_subscription(?, true)", id);
        assertThat(demanded()).isNull();
        assertThat(sql.number("select count(*) from pgqueue.route where subscription_id = ?", id))
                .isZero();
    }

    /** A batch looks for room before it evaluates filters. */
    @Test
    void aSubscriptionWithALimitIsNotRouted() throws SQLException {
        int id = subscribe("s", "$.\"kind\" == \"a\"", "{\"pkind\":[\"a\"]}");
        sql.run("select pgqueue.alter_subscription(?, '{\"max_depth\":1}')", id);
        assertThat(demanded()).isNull();
        sql.run("select pgqueue.publish(?, 'x', '{\"kind\":\"a\"}')", topic);
        assertThatThrownBy(() -> sql.run("select pgqueue.publish(?, 'x', '{\"kind\":\"a\"}')", topic))
                .hasMessageContaining("is full");
        sql.run("select pgqueue.alter_subscription(?, '{\"max_depth\":null}')", id);
        assertThat(demanded()).isEqualTo("{pkind}");
    }

    @Test
    void demandsAreChecked() {
        for (String demands :
                List.of("[1]", "{\"x\":[1]}", "{\"pa\":1}", "{\"pa\":[]}", "{\"pa\":[null]}", "{\"pa\":[[1]]}")) {
            assertThatThrownBy(() -> subscribe("s", "$.\"a\" == 1", demands))
                    .as(demands)
                    .hasMessageContaining("demands");
        }
    }

    /** Every message matches before and after each change, so each must be delivered. */
    @Test
    void nothingIsMissedWhileAFilterChangesBetweenLookedUpAndNot(DataSource dataSource) throws Exception {
        int id = subscribe("s", "$.\"kind\" == \"a\"", "{\"pkind\":[\"a\"]}");
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (Sql changing = new Sql(dataSource)) {
            Future<?> changes = other.submit(() -> {
                for (int i = 0; i < 300; i++) {
                    changing.run(
                            "select pgqueue.alter_subscription(?, jsonb_build_object('filter', ?::text, 'demands', ?::jsonb))",
                            id,
                            i % 2 == 0 ? "exists($.\"kind\")" : "$.\"kind\" == \"a\"",
                            i % 2 == 0 ? "{}" : "{\"pkind\":[\"a\"]}");
                }
                return null;
            });
            int sent = 0;
            while (!changes.isDone()) {
                sql.run(PUBLISH.formatted(destination, "'x'", "'{\"kind\":\"a\"}'"));
                sql.run(PUBLISH_BATCH.formatted(destination, "'x'", "'{\"kind\":\"a\"}'"));
                sent += 2;
            }
            changes.get();
            assertThat(sent).isPositive();
            assertThat(sql.number("select count(*) from pgqueue.delivery where subscription_id = ?", id))
                    .isEqualTo(sent);
        } finally {
            other.shutdownNow();
        }
    }

    private int subscribe(String name, String filter, String demands) throws SQLException {
        return (int) sql.number(
                "select pgqueue.create_subscription(?, ?, jsonb_build_object('filter', ?::text, 'demands', ?::jsonb))",
                topic,
                topic + name,
                filter,
                demands);
    }

    private void alter(int id, String filter, String demands) throws SQLException {
        sql.run(
                "select pgqueue.alter_subscription(?, jsonb_build_object('filter', ?::text, 'demands', ?::jsonb))",
                id,
                filter,
                demands);
    }

    /** As if they had been created one by one, which takes a while. */
    private void many(int from, int to) throws SQLException {
        sql.run(
                "with made as (insert into pgqueue.subscription (id, destination_id, name, implicit, filter, routed) "
                        + "select nextval('pgqueue.subscription_id'), ?, ? || i, false, "
                        + "format('$.\"customer\" == \"c%s\"', i)::jsonpath, true from generate_series(?::integer, ?::integer) i "
                        + "returning id, destination_id, name) "
                        + "insert into pgqueue.route select m.destination_id, 'pcustomer', "
                        + "to_jsonb(replace(m.name, ?, 'c')), m.id from made m",
                destination, topic, from, to, topic);
    }

    private Object demanded() throws SQLException {
        return sql.value("select demanded::text from pgqueue.destination where id = ?", destination);
    }

    /** The names, without the topic's, of the subscriptions that get such a message. */
    private Object matched(String properties) throws SQLException {
        String one = names(PUBLISH.formatted(destination, "'x'", "'" + properties + "'::jsonb"));
        String many = names(PUBLISH_BATCH.formatted(destination, "'x'", "'" + properties + "'"));
        assertThat(many).isEqualTo(one);
        return one;
    }

    private String names(String publish) throws SQLException {
        return (String) sql.value("select string_agg(replace(s.name, '" + topic + "', ''), ' ' order by s.name) from ("
                + publish + ") p join pgqueue.subscription s on s.id = any (p.p_subscriptions)");
    }

    /** Of one publish, after what it needs from the catalogs is cached. */
    private long pages(String publish) throws SQLException {
        String statement = publish.formatted(destination, "'x'", "'{\"customer\":\"c1\",\"n\":1}'::jsonb");
        long pages = 0;
        for (int i = 0; i < 8; i++) {
            List<Object> plan = sql.column("explain (analyze, buffers, timing off, summary off) " + statement);
            pages = 0;
            Matcher counts = Pattern.compile("(?:hit|read)=(\\d+)").matcher(String.valueOf(plan.get(1)));
            while (counts.find()) {
                pages += Long.parseLong(counts.group(1));
            }
            assertThat(pages).isPositive();
        }
        return pages;
    }
}
