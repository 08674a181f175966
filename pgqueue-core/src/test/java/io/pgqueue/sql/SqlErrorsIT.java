// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Whoever calls the functions without a client of ours is told as much: a code, the value, the rule, what to do. */
@PostgresTest(template = MigratedSchema.class)
class SqlErrorsIT {

    /** Bad calls, with words of the message: the value that was given and, where it is not in the hint, the rule. */
    enum Bad {
        NAME_WITH_A_BLANK("PQ001", "select pgqueue.create_queue('a b')", "'a b'"),
        NAME_OF_OURS("PQ001", "select pgqueue.create_topic('pgqueue.x')", "'pgqueue.x'"),
        PRIORITY("PQ002", "select pgqueue.publish('q', 'x', priority => 12)", "priority", "12", "0 to 9"),
        DELAY_AND_TIME(
                "PQ002",
                "select pgqueue.publish('q', 'x', delay => '1 s', deliver_at => now())",
                "delay",
                "00:00:01",
                "deliver_at"),
        TIME_TO_LIVE(
                "PQ002",
                "select pgqueue.publish('q', 'x', time_to_live => '1 s', delay => '1 h')",
                "00:00:01",
                "longer than the delay"),
        LONG_GROUP(
                "PQ002",
                "select pgqueue.publish('q', 'x', group_key => repeat('g', 256))",
                "group_key",
                "256",
                "at most 255"),
        PROPERTIES_OF_ANOTHER_KIND("PQ002", "select pgqueue.publish('q', 'x', '[1]')", "properties", "array", "object"),
        SETTING_OUT_OF_RANGE(
                "PQ002", "select pgqueue.create_queue('r', '{\"lease_ms\": 5}')", "lease_ms", "5", "1000 to 43200000"),
        SETTING_OF_ANOTHER_TYPE(
                "PQ002",
                "select pgqueue.create_queue('r', '{\"max_attempts\": \"many\"}')",
                "max_attempts",
                "many",
                "0 to 1000"),
        UNKNOWN_SETTING("PQ002", "select pgqueue.create_queue('r', '{\"colour\": 1}')", "'colour'", "lease_ms"),
        UNKNOWN_POLICY(
                "PQ002",
                "select pgqueue.create_queue('r', '{\"on_full\": \"explode\"}')",
                "on_full",
                "explode",
                "fail, block or drop_oldest"),
        RECEIVE_NOTHING(
                "PQ002",
                "select * from pgqueue.receive((select id from pgqueue.subscription where name = 'q'), 0)",
                "0"),
        RECEIVE_FOR_EVER(
                "PQ002",
                "select * from pgqueue.receive((select id from pgqueue.subscription where name = 'q'), 1, "
                        + "p_lease_ms => 9223372036854775807)",
                "lease_ms",
                "9223372036854775807",
                "1000 to 43200000"),
        RECEIVE_DUE_LONG_AGO(
                "PQ002",
                "select * from pgqueue.receive((select id from pgqueue.subscription where name = 'q'), 1, "
                        + "p_due_within_ms => 9223372036854775807)",
                "due_within_ms",
                "9223372036854775807",
                "0 to 31622400000"),
        DELAY_OF_ONE_OF_MANY(
                "PQ002",
                "select pgqueue.publish_messages((select id from pgqueue.destination where name = 'q'), "
                        + "array[gen_random_uuid()], '{x}', null, '{4}', null, null, null, null, null, null, "
                        + "'{9223372036854775807}', null)",
                "delay_ms",
                "9223372036854775807",
                "0 to 31622400000"),
        MORE_BODIES_THAN_IDS(
                "PQ002",
                "select pgqueue.publish_messages((select id from pgqueue.destination where name = 'q'), "
                        + "array[gen_random_uuid()], '{x,y}', null, '{4}', null, null, null, null, null, null, null, null)",
                "bodies",
                "2 long",
                "1 long, as message_ids"),
        FEWER_BODIES_THAN_IDS(
                "PQ002",
                "select pgqueue.publish_with_keys((select id from pgqueue.destination where name = 'q'), "
                        + "array[gen_random_uuid(), gen_random_uuid()], '{x}', null, '{4,4}', null, null, null, null, "
                        + "null, null, null, null, '{k,l}', null, null)",
                "bodies",
                "1 long",
                "2 long, as message_ids"),
        NO_MESSAGE_ID(
                "PQ002",
                "select pgqueue.publish_message((select id from pgqueue.destination where name = 'q'), null, 'x', null, "
                        + "4::smallint, null, null, null, null, null, null, null, null)",
                "message_id",
                "null"),
        NO_PRIORITY(
                "PQ002",
                "select pgqueue.publish_message((select id from pgqueue.destination where name = 'q'), "
                        + "gen_random_uuid(), 'x', null, null, null, null, null, null, null, null, null, null)",
                "priority",
                "null",
                "0 to 9"),
        NODE_WITHOUT_A_LEASE("PQ002", "select pgqueue.heartbeat(gen_random_uuid(), null)", "lease_ms", "null"),
        ACKED_BELOW_ZERO(
                "PQ002",
                "select pgqueue.sample(p_subscriptions => array(select id from pgqueue.subscription where name = 'q'), "
                        + "p_acked => '{-1}')",
                "acked",
                "{-1}",
                "0 to 1000000000000"),
        BROWSED_STATE(
                "PQ002",
                "select * from pgqueue.browse((select id from pgqueue.subscription where name = 'q'), "
                        + "p_states => '{gone}')",
                "gone",
                "ready, leased, delayed and retrying"),
        NO_HISTORY(
                "PQ002",
                "select * from pgqueue.create_subscription('t', 'old', start_from => '-infinity')",
                "'t'",
                "keeps no history"),
        TIME_OF_DELIVERY_WITHOUT_END(
                "PQ002",
                "select pgqueue.publish('q', 'x', time_to_live => '1 s', deliver_at => 'infinity')",
                "delivery time",
                "infinity",
                "at most 366 days ahead"),
        KIND("PQ002", "select pgqueue.create_destination('heap', 'h')", "kind", "'heap'", "queue or topic"),
        DECLARED_KIND("PQ002", "select pgqueue.declare_destination('heap', 'h')", "kind", "'heap'", "queue or topic"),
        PAUSED_OR_NOT(
                "PQ002",
                "select pgqueue.set_paused((select id from pgqueue.subscription where name = 'q'), null)",
                "paused",
                "null",
                "true or false"),
        TOPIC_PAUSED_OR_NOT("PQ002", "select pgqueue.set_topic_paused('t', null)", "paused", "null", "true or false"),
        LISTED_DESTINATIONS("PQ002", "select pgqueue.list_destinations(p_limit => -1)", "limit", "-1", "1 to 1000"),
        LISTED_SUBSCRIPTIONS("PQ002", "select pgqueue.list_subscriptions(p_limit => -1)", "limit", "-1", "1 to 1000"),
        PURGED_BY_A_LIST(
                "PQ002",
                "select pgqueue.purge((select id from pgqueue.subscription where name = 'q'), p_filter => '[1]')",
                "filter",
                "array",
                "a JSON object"),
        PURGED_BY_HALF_A_MILLISECOND(
                "PQ002",
                "select pgqueue.purge((select id from pgqueue.subscription where name = 'q'), "
                        + "p_filter => '{\"min_age_ms\": 0.5}')",
                "min_age_ms",
                "0.5",
                "whole number of milliseconds"),
        REDRIVEN_BY_A_NUMBER(
                "PQ002",
                "select pgqueue.redrive((select id from pgqueue.subscription where name = 'q'), p_filter => '1')",
                "filter",
                "number",
                "a JSON object"),
        DISCARDED_BY_HALF_A_MILLISECOND(
                "PQ002",
                "select pgqueue.discard((select id from pgqueue.subscription where name = 'q'), "
                        + "p_filter => '{\"max_age_ms\": 0.5}')",
                "max_age_ms",
                "0.5",
                "whole number of milliseconds"),
        DEAD_BEFORE_NO_TIME(
                "PQ002",
                "select pgqueue.redrive((select id from pgqueue.subscription where name = 'q'), "
                        + "p_filter => '{\"died_before\": \"soon\"}')",
                "died_before",
                "'soon'",
                "a time"),
        EDITED_TO_A_LIST(
                "PQ002",
                "select pgqueue.edit_properties(gen_random_uuid(), '1')",
                "properties",
                "number",
                "a JSON object"),
        REPAIRED_TO_A_NUMBER(
                "PQ002",
                "select pgqueue.repair((select id from pgqueue.subscription where name = 'q'), gen_random_uuid(), "
                        + "p_properties => '1')",
                "properties",
                "number",
                "a JSON object"),
        PROPERTY_NAME("PQ003", "select pgqueue.publish('q', 'x', '{\"a b\": 1}')", "'a b'", "not allowed"),
        PROPERTY_TYPE("PQ003", "select pgqueue.publish('q', 'x', '{\"a\": [1]}')", "'a'", "array", "not allowed"),
        PROPERTY_OF_OURS("PQ003", "select pgqueue.publish('q', 'x', '{\"JMSXUserID\": \"me\"}')", "JMSXUserID"),
        NO_PATH(
                "PQ004",
                "select pgqueue.create_subscription('t', 'f', '{\"filter\": \"$.a ==\"}')",
                "filter",
                "no jsonpath",
                "syntax error"),
        NO_PREDICATE(
                "PQ004",
                "select pgqueue.create_subscription('t', 'f', '{\"filter\": \"$.a\"}')",
                "filter",
                "no jsonpath predicate"),
        NO_PREDICATE_OVER_THE_BODY(
                "PQ004",
                "select pgqueue.create_subscription('t', 'f', '{\"body_path\": \"$.a\"}')",
                "body_path",
                "no jsonpath predicate"),
        VARIABLE_OVER_THE_BODY(
                "PQ004",
                "select pgqueue.create_subscription('t', 'f', '{\"body_path\": \"$.a == $JMSType\"}')",
                "body_path",
                "JMSType"),
        PATH_OF_DATES(
                "PQ004",
                "select pgqueue.create_subscription('t', 'f', '{\"filter\": \"$.a.datetime() == 1\"}')",
                "filter",
                "dates or times"),
        UNKNOWN_VARIABLE(
                "PQ004",
                "select pgqueue.create_subscription('t', 'f', '{\"filter\": \"$.a == $b\"}')",
                "filter",
                "\"b\"",
                "no header"),
        RECEIVED_BY_AN_UNKNOWN_VARIABLE(
                "PQ004",
                "select * from pgqueue.receive((select id from pgqueue.subscription where name = 'q'), 1, "
                        + "p_filter => '$.a == $b')",
                "filter",
                "\"b\"",
                "no header"),
        BROWSED_BY_DATES(
                "PQ004",
                "select * from pgqueue.browse((select id from pgqueue.subscription where name = 'q'), "
                        + "p_filter => '$.a.datetime() == $.b.datetime()')",
                "filter",
                "dates or times"),
        CANCELLED_BY_NO_PREDICATE(
                "PQ004",
                "select pgqueue.cancel_matching((select id from pgqueue.destination where name = 'q'), "
                        + "p_filter => '$.a')",
                "filter",
                "no jsonpath predicate"),
        EXPLAINED_BY_NO_PATH(
                "PQ004",
                "select pgqueue.explain_given('{$.a ==}', '{}', null, null, null, null, null, null, null, null, null, "
                        + "null)",
                "paths",
                "no jsonpath"),
        SELECTOR_ALONE(
                "PQ004",
                "select pgqueue.create_subscription('t', 'f', '{\"selector\": \"a = 1\"}')",
                "selector",
                "jsonpath"),
        DEMANDS(
                "PQ004",
                "select pgqueue.create_subscription('t', 'f', '{\"demands\": [1]}')",
                "demands",
                "lists of values"),
        LARGE_BODY("PQ005", "select pgqueue.publish('small', repeat('x', 1025))", "1025", "at most 1024"),
        LARGE_PROPERTIES(
                "PQ005",
                "select pgqueue.publish('q', 'x', jsonb_build_object('a', repeat('x', 40000)))",
                "400",
                "at most 32768"),
        NO_DESTINATION("PQ006", "select pgqueue.publish('missing', 'x')", "'missing'"),
        NO_TOPIC("PQ006", "select pgqueue.create_subscription('missing', 's')", "'missing'"),
        NO_SUBSCRIPTION("PQ006", "select pgqueue.subscription_named('t', 'missing')", "'missing'", "'t'"),
        NOTHING_TO_DROP("PQ006", "select pgqueue.drop_destination('missing')", "'missing'"),
        THERE_ALREADY("PQ007", "select pgqueue.create_queue('q')", "'q'", "already"),
        STILL_FULL("PQ008", "select pgqueue.drop_destination('full')", "'full'", "still has"),
        STILL_SUBSCRIBED("PQ008", "select pgqueue.drop_destination('t')", "'t'", "1 subscriptions"),
        CLIENT_ID_IN_USE(
                "PQ009",
                "select pgqueue.register_client(gen_random_uuid(), gen_random_uuid(), 'me', 60000)",
                "'me'",
                "in use"),
        NO_CLIENT(
                "PQ009",
                "select pgqueue.create_temporary('00000000-0000-0000-0000-000000000001', 'queue')",
                "00000000-0000-0000-0000-000000000001",
                "not registered"),
        FULL("PQ010", "select pgqueue.publish('full', 'x')", "'full'", "is full");

        private final String state;
        private final String call;
        private final String[] words;

        Bad(String state, String call, String... words) {
            this.state = state;
            this.call = call;
            this.words = words;
        }
    }

    private Sql sql;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        if (sql.number("select count(*) from pgqueue.destination") == 0) {
            sql.run("select pgqueue.create_queue('q')");
            sql.run("select pgqueue.create_queue('small', '{\"max_body_bytes\": 1024}')");
            sql.run("select pgqueue.create_queue('full', '{\"max_depth\": 1}')");
            sql.run("select pgqueue.create_topic('t')");
            sql.run("select pgqueue.create_subscription('t', 's')");
            sql.send("full", "x");
            sql.run("select pgqueue.register_client(gen_random_uuid(), gen_random_uuid(), 'me', 300000)");
        }
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @ParameterizedTest
    @EnumSource
    void aBadCallIsToldWhatIsWrongAndWhatToDo(Bad bad) throws SQLException {
        long before = sql.number("select count(*) from pgqueue.delivery");
        PSQLException error = catchThrowableOfType(PSQLException.class, () -> sql.run(bad.call));
        assertThat((Throwable) error).as(bad.call).isNotNull();
        assertThat(error.getSQLState()).as(error.getMessage()).isEqualTo(bad.state);
        ServerErrorMessage told = error.getServerErrorMessage();
        assertThat(told).isNotNull();
        assertThat(told.getMessage()).contains(bad.words);
        assertThat(told.getHint()).as("hint of: %s", told.getMessage()).isNotBlank();
        assertThat(sql.number("select count(*) from pgqueue.delivery")).isEqualTo(before);
    }

    /** What a trigger has no value for is as if it had not been named. */
    @Test
    void noPriorityIsTheUsualOne() throws SQLException {
        Object id = sql.value("select published_id from pgqueue.publish('q', 'x', priority => null)");
        assertThat(sql.number("select priority from pgqueue.message where message_id = ?", id))
                .isEqualTo(4);
    }

    /** From PostgreSQL 17 on an interval may have no end. */
    @Test
    void anEndlessTimeToLiveIsForEverAndAnEndlessDelayIsRefused() throws SQLException {
        assumeThat(sql.number("select current_setting('server_version_num')::integer"))
                .isGreaterThanOrEqualTo(170000);
        Object id = sql.value("select published_id from pgqueue.publish('q', 'x', time_to_live => 'infinity')");
        assertThat(sql.value("select expires_at from pgqueue.message where message_id = ?", id))
                .isNull();
        assertThatThrownBy(() -> sql.run("select pgqueue.publish('q', 'x', delay => 'infinity')"))
                .hasMessageContaining("delay (seconds) is Infinity")
                .extracting("SQLState")
                .isEqualTo("PQ002");
    }

    /** A new code comes with a case here. */
    @Test
    void everyCodeThatAFunctionRaisesIsProvoked() throws SQLException {
        List<Object> raised = sql.column("select distinct m[1] from pg_proc p, regexp_matches(p.prosrc, "
                + "'errcode = ''(PQ[0-9]+)''', 'g') m where p.pronamespace = 'pgqueue'::regnamespace order by 1");
        List<Object> provoked = Arrays.stream(Bad.values())
                .<Object>map(b -> b.state)
                .distinct()
                .sorted()
                .toList();
        assertThat(raised).hasSize(10).isEqualTo(provoked);
    }

    /** What is given by hand rather than by the helpers is easily without one. */
    @Test
    void everyErrorInTheScriptsHasAHint() throws SQLException {
        assertThat(sql.column("select p.proname || ': ' || left(r[1], 80) from pg_proc p, "
                        + "regexp_matches(p.prosrc, 'raise exception ([^;]*errcode = ''PQ0[^;]*);', 'g') r "
                        + "where p.pronamespace = 'pgqueue'::regnamespace and r[1] !~ 'hint = '"))
                .isEmpty();
    }
}
