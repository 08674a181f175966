// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Whatever is given to a function that may be called from outside, it answers or raises an error of ours: each argument of each
 * function in turn is missing, at an end of its type's range, or nonsense.
 */
@PostgresTest(template = MigratedSchema.class)
class SqlArgumentsIT {

    private static final String CLIENT = "'00000000-0000-0000-0000-000000000002'";
    private static final String QUEUE = "(select id from pgqueue.subscription where name = 'q')";
    private static final String TOPIC = "(select id from pgqueue.subscription where name = 's')";

    /** With these every call does something. Those of one function only stand behind its name; what has a default may be absent. */
    private static final Map<String, String> USUAL = Map.ofEntries(
            entry("p_subscription", QUEUE),
            entry("drop_subscription.p_subscription", TOPIC),
            entry("drop_subscription.p_cascade", "true"),
            entry("rewind.p_subscription", TOPIC),
            entry("change_filter.p_subscription", TOPIC),
            entry("p_destination", "(select id from pgqueue.destination where name = 'q')"),
            entry("explain_stored.p_destination", "'q'"),
            entry("read_history.p_destination", "'t'"),
            entry("routes.p_destination", "'t'"),
            entry("destination", "'q'"),
            entry("p_topic", "'t'"),
            entry("topic", "'t'"),
            entry("name", "'new'"),
            entry("p_name", "'new'"),
            entry("alter_destination.p_name", "'q'"),
            entry("drop_destination.p_name", "'spare'"),
            entry("drop_temporary.p_name", "(select name from pgqueue.destination where owner is not null)"),
            entry("find_destination.p_name", "'q'"),
            entry("find_subscription.p_name", "'s'"),
            entry("subscription_named.p_name", "'s'"),
            entry("unsubscribe.p_name", "'durable'"),
            entry("p_queue", "(select name from pgqueue.destination where owner is not null)"),
            entry("p_to", "'spare'"),
            entry("p_slot", "0"),
            entry("p_priority", "4"),
            entry("p_priorities", "'{4}'"),
            entry("p_position", "1"),
            entry("p_positions", "'{1}'"),
            entry("p_epoch", "1"),
            entry("p_epochs", "'{1}'"),
            entry("p_max", "1"),
            entry("p_limit", "10"),
            entry("p_lease_ms", "60000"),
            entry("snooze.p_delay_ms", "0"),
            entry("p_kind", "'queue'"),
            entry("p_client", CLIENT),
            entry("p_node", "'00000000-0000-0000-0000-000000000001'"),
            entry("p_consumer", "gen_random_uuid()"),
            entry("release_consumer.p_consumer", "'worker'"),
            entry("register_client.p_client_id", "'other'"),
            entry("p_message_id", "(select message_id from pgqueue.message limit 1)"),
            entry("edit_properties.p_message_id", "(select message_id from pgqueue.scheduled limit 1)"),
            entry("repair.p_message_id", "(select message_id from pgqueue.dead_letter limit 1)"),
            entry("p_message_ids", "array(select message_id from pgqueue.message limit 1)"),
            entry("p_settings", "'{}'"),
            entry("edit_properties.p_properties", "'{\"a\": 1}'"),
            entry("repair.p_properties", "'{\"a\": 1}'"),
            entry("publish_message.p_properties", "'{\"a\": 1}'"),
            entry("p_bodies", "'{b}'"),
            entry("body", "'b'::text"),
            entry("cancel_matching.p_group_key", "'g'"),
            entry("p_keep_ms", "600000"),
            entry("publish_with_keys.p_keep_ms", "null"),
            entry("p_paused", "true"),
            entry("p_durable", "true"),
            entry("p_shared", "true"),
            entry("p_no_local", "false"),
            entry("reschedule.p_deliver_at", "now()"),
            entry("p_paths", "'{$.a}'"),
            entry("p_body_paths", "'{$.a}'"),
            entry("p_backlog", "'keep'"),
            entry("p_subscriptions", "array[" + QUEUE + "]"),
            entry("p_acked", "'{1}'"),
            entry("p_per_second", "1"),
            entry("p_from", "now()"),
            entry("p_rotate_after", "1000"),
            entry("p_rotate_age_ms", "60000"));

    private static final String LONGEST = "9223372036854775807";
    private static final String SHORTEST = "(-9223372036854775808)";

    private static final Map<String, List<String>> NONSENSE = Map.ofEntries(
            entry("bigint", List.of("null", "0", "-1", LONGEST, SHORTEST)),
            entry("integer", List.of("null", "0", "-1", "2147483647", "(-2147483648)")),
            entry("smallint", List.of("null", "-1", "32767")),
            entry("double precision", List.of("null", "0", "-1", "1e300", "'NaN'", "'Infinity'")),
            entry("boolean", List.of("null")),
            entry("uuid", List.of("null")),
            entry("bytea", List.of("null", "''")),
            entry("text", List.of("null", "''", "repeat('x', 300)")),
            entry(
                    "jsonb",
                    List.of(
                            "null",
                            "'null'",
                            "'1'",
                            "'[]'",
                            "'{\"x\": null}'",
                            "'{\"filter\": 1}'",
                            "'{\"filter\": \"$.a == $b\", \"min_age_ms\": 1e30}'",
                            "'{\"filter\": \"$.a == $b\"}'",
                            "'{\"min_age_ms\": 1e30}'",
                            "'{\"body_path\": \"$.a\"}'")),
            entry(
                    "jsonpath",
                    List.of("null", "'$.a == $b'", "'$.a'", "'$.a.datetime() == 1'", "'(1 == 2) && ($x == 1)'")),
            entry("timestamp with time zone", List.of("null", "'infinity'", "'-infinity'")),
            entry("interval", List.of("null", "'0'", "'-1 s'", "'178000000 years'", "'-178000000 years'")),
            entry("anycompatible", List.of("null::text", "null::bytea", "null::jsonb", "1")),
            entry("bigint[]", List.of("null", "'{}'", "'{null}'", "'{1,1}'", "'{" + LONGEST + "}'", "'{-1}'")),
            entry("integer[]", List.of("null", "'{}'", "'{null}'", "'{1,1}'")),
            entry("smallint[]", List.of("null", "'{}'", "'{null}'", "'{4,4}'", "'{77}'")),
            entry("uuid[]", List.of("null", "'{}'", "'{null}'")),
            entry("bytea[]", List.of("null", "'{}'", "'{null}'", "'{a,b}'")),
            entry("text[]", List.of("null", "'{}'", "'{null}'", "'{a,b}'", "'{$$}'", "'{$.a == $b}'")),
            entry("jsonb[]", List.of("null", "'{}'", "'{null}'", "'{1}'", "'{1,1}'")),
            entry("timestamp with time zone[]", List.of("null", "'{}'", "'{null}'", "'{infinity}'", "'{-infinity}'")));

    private record Argument(String name, String type, boolean optional) {

        String usual(String function) {
            String own = USUAL.get(function + "." + name);
            String value = own == null ? USUAL.get(name) : own;
            // One that is null by default may still have something usual for other functions.
            return value == null || own == null && optional ? optional ? null : "null" : value;
        }

        String as(String value) {
            return name + " => " + (type.equals("anycompatible") ? value : value + "::" + type);
        }
    }

    private record Function(String name, List<Argument> arguments) {

        /** A call with usual arguments, but with this value for one of them. */
        String call(Argument odd, String value) {
            List<String> given = new ArrayList<>();
            for (Argument argument : arguments) {
                String chosen = argument.equals(odd) ? value : argument.usual(name);
                if (chosen != null) {
                    given.add(argument.as(chosen));
                }
            }
            return "select * from pgqueue." + name + "(" + String.join(", ", given) + ")";
        }
    }

    private Sql sql;
    private List<Function> functions;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        sql = new Sql(dataSource);
        functions = functions();
        if (sql.number("select count(*) from pgqueue.destination") == 0) {
            populate();
        }
        sql.connection().setAutoCommit(false);
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    /** Else the other test would not come far. */
    @Test
    void everyCallWithUsualArgumentsSucceeds() throws SQLException {
        assertThat(functions).hasSizeGreaterThan(60);
        List<String> errors = new ArrayList<>();
        for (Function function : functions) {
            String call = function.call(null, null);
            PSQLException error = error(call);
            if (error != null) {
                errors.add(call + ": " + error.getMessage());
            }
        }
        assertThat(errors).isEmpty();
    }

    @Test
    void noArgumentLeadsToAnErrorWithoutACodeOfOurs() throws SQLException {
        List<String> untyped = new ArrayList<>();
        for (Function function : functions) {
            for (Argument argument : function.arguments) {
                assertThat(NONSENSE).containsKey(argument.type);
                for (String value : NONSENSE.get(argument.type)) {
                    String call = function.call(argument, value);
                    PSQLException error = error(call);
                    if (error != null && !isOurs(error)) {
                        untyped.add(call + ": " + error.getSQLState() + " " + error.getMessage());
                    }
                }
            }
        }
        assertThat(untyped).isEmpty();
    }

    private static boolean isOurs(PSQLException error) {
        ServerErrorMessage told = error.getServerErrorMessage();
        return told != null && told.getSQLState().startsWith("PQ0") && told.getHint() != null;
    }

    /** What the call raised; nothing of it stays. */
    private PSQLException error(String call) throws SQLException {
        Savepoint before = sql.connection().setSavepoint();
        try (Statement statement = sql.connection().createStatement()) {
            statement.execute(call);
            return null;
        } catch (PSQLException e) {
            return e;
        } finally {
            sql.connection().rollback(before);
            sql.connection().releaseSavepoint(before);
        }
    }

    private List<Function> functions() throws SQLException {
        List<Function> found = new ArrayList<>();
        try (Statement statement = sql.connection().createStatement();
                ResultSet row = statement.executeQuery("select p.proname, p.proargnames[: p.pronargs], "
                        + "array(select format_type(t, null) from unnest(p.proargtypes) t), p.pronargdefaults "
                        + "from pg_proc p where p.pronamespace = 'pgqueue'::regnamespace and p.prosecdef "
                        + "order by p.proname, p.oid")) {
            while (row.next()) {
                List<Argument> arguments = new ArrayList<>();
                if (row.getArray(2) != null) {
                    String[] names = (String[]) row.getArray(2).getArray();
                    String[] types = (String[]) row.getArray(3).getArray();
                    for (int i = 0; i < names.length; i++) {
                        arguments.add(new Argument(names[i], types[i], i >= names.length - row.getInt(4)));
                    }
                }
                found.add(new Function(row.getString(1), arguments));
            }
        }
        return found;
    }

    private void populate() throws SQLException {
        sql.run("select pgqueue.create_queue('q')");
        sql.run("select pgqueue.create_queue('spare')");
        sql.run("select pgqueue.create_topic('t', '{\"retain_ms\": 3600000}')");
        sql.run("select pgqueue.create_subscription('t', 's')");
        sql.run("select pgqueue.hold_as('worker')");
        sql.run("select pgqueue.publish('q', 'dies')");
        sql.run("select pgqueue.nack(r.slot, " + QUEUE + ", r.priority, array[r.position], array[r.epoch], null, 'X') "
                + "from pgqueue.receive(" + QUEUE + ", 1) r");
        sql.run("select pgqueue.publish('q', 'waits')");
        sql.run("select pgqueue.publish('q', 'comes later', delay => '1 h')");
        sql.run("select pgqueue.register_client('00000000-0000-0000-0000-000000000001', " + CLIENT + ", null, 300000)");
        sql.run("select pgqueue.create_temporary(" + CLIENT + ", 'queue')");
        sql.run("select pgqueue.subscribe(" + CLIENT + ", gen_random_uuid(), 't', 'durable', true, true, false, '{}')");
        sql.run("select pgqueue.close_consumer(id) from pgqueue.consumer");
    }
}
