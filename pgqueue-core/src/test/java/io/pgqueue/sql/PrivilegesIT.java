// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@PostgresTest(template = SchemaWithRoles.class)
class PrivilegesIT {

    private static final Map<String, Set<String>> GRANTED = Map.of(
            "pgqueue_publisher",
            Set.of(
                    "find_destination",
                    "publish",
                    "publish_message",
                    "publish_messages",
                    "publish_with_keys",
                    "publish_tracked",
                    "outcomes",
                    "cancel",
                    "cancel_matching",
                    "reschedule",
                    "oldest_client"),
            "pgqueue_consumer",
            Set.of(
                    "find_destination",
                    "find_subscription",
                    "receive",
                    "browse",
                    "ready",
                    "ack",
                    "nack",
                    "snooze",
                    "extend",
                    "still_held",
                    "release",
                    "pop",
                    "hold_as",
                    "sample",
                    "register_client",
                    "heartbeat",
                    "close_client",
                    "subscribe",
                    "consume_temporary",
                    "close_consumer",
                    "active_consumers",
                    "unsubscribe",
                    "create_temporary",
                    "drop_temporary",
                    "maintain",
                    "oldest_client"),
            "pgqueue_reader",
            Set.of(
                    "find_destination",
                    "find_subscription",
                    "subscription_named",
                    "subscription_settings",
                    "list_destinations",
                    "list_subscriptions",
                    "stats",
                    "metrics",
                    "horizon",
                    "browse",
                    "dead_letters",
                    "find_message",
                    "message_changes",
                    "blocked_groups",
                    "active_consumers",
                    "read_history",
                    "routes",
                    "explain_given",
                    "explain_stored",
                    "same_filter",
                    "outcomes",
                    "check_invariants",
                    "oldest_client"),
            "pgqueue_admin",
            Set.of(
                    "create_destination",
                    "declare_destination",
                    "active_consumers",
                    "create_queue",
                    "create_topic",
                    "create_subscription",
                    "alter_subscription",
                    "alter_destination",
                    "read_history",
                    "rewind",
                    "change_filter",
                    "routes",
                    "explain_given",
                    "explain_stored",
                    "same_filter",
                    "find_destination",
                    "find_subscription",
                    "list_destinations",
                    "list_subscriptions",
                    "drop_destination",
                    "drop_subscription",
                    "purge",
                    "move_backlog",
                    "find_message",
                    "check_invariants",
                    "edit_properties",
                    "set_paused",
                    "set_topic_paused",
                    "stats",
                    "metrics",
                    "horizon",
                    "sample",
                    "browse",
                    "dead_letters",
                    "redrive",
                    "repair",
                    "message_changes",
                    "subscription_named",
                    "subscription_settings",
                    "discard",
                    "outcomes",
                    "release_consumer",
                    "release_subscription",
                    "blocked_groups",
                    "cancel",
                    "cancel_matching",
                    "reschedule",
                    "maintain",
                    "oldest_client"),
            "public",
            Set.of());

    private Sql admin;
    private Sql user;

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        admin = new Sql(dataSource);
        user = new Sql(dataSource);
        admin.run("select pgqueue.create_queue('q') where not exists (select from pgqueue.destination)");
    }

    @AfterEach
    void close() throws SQLException {
        admin.close();
        user.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pgqueue_publisher", "pgqueue_consumer", "pgqueue_reader", "pgqueue_admin", "public"})
    void aRoleMayCallItsFamiliesAndNothingElse(String role) throws SQLException {
        List<Object> allowed = admin.column(
                "select distinct proname::text from pg_proc where pronamespace = 'pgqueue'::regnamespace "
                        + "and has_function_privilege(?, oid, 'execute')",
                role);
        assertThat(new TreeSet<>(strings(allowed))).isEqualTo(new TreeSet<>(GRANTED.get(role)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pgqueue_publisher", "pgqueue_consumer", "pgqueue_reader", "pgqueue_admin", "public"})
    void aRoleHasNoRightsOnTablesSequencesAndTheSchema(String role) throws SQLException {
        assertThat(admin.column(
                        "select relname::text from pg_class where relnamespace = 'pgqueue'::regnamespace and relkind in ('r', 'p') "
                                + "and has_table_privilege(?, oid, 'select, insert, update, delete, truncate, references, trigger')",
                        role))
                .isEmpty();
        assertThat(admin.column(
                        "select relname::text from pg_class where relnamespace = 'pgqueue'::regnamespace and relkind = 'S' "
                                + "and case when relkind = 'S' then has_sequence_privilege(?, oid, 'usage, select, update') end",
                        role))
                .isEmpty();
        assertThat(admin.value("select has_schema_privilege(?, 'pgqueue', 'create')", role))
                .isEqualTo(false);
    }

    @Test
    void theOwnerOwnsEverythingAndCannotLogIn() throws SQLException {
        assertThat(admin.column("select distinct pg_get_userbyid(relowner)::text from pg_class where relnamespace = "
                        + "'pgqueue'::regnamespace union select pg_get_userbyid(proowner)::text from pg_proc where pronamespace = "
                        + "'pgqueue'::regnamespace"))
                .containsExactly("pgqueue_owner");
        assertThat(admin.column(
                        "select rolname::text from pg_roles where rolname like 'pgqueue%' and (rolcanlogin or rolsuper "
                                + "or rolcreaterole or rolcreatedb or rolbypassrls)"))
                .isEmpty();
    }

    @Test
    void whatMayNotBeCalledIsRefusedWith42501() throws SQLException {
        user.run("set role pgqueue_publisher");
        assertThat(user.send("q", "x")).isNotNull();
        for (String forbidden : List.of(
                "select * from pgqueue.receive(1, 1)",
                "select pgqueue.ack(0, 1, 4::smallint, 1, 1)",
                "select * from pgqueue.nack(0, 1, 4::smallint, '{}', '{}')",
                "select * from pgqueue.maintain()",
                "select pgqueue.create_queue('r')",
                "select pgqueue.purge(1)",
                "select pgqueue.redrive(1)",
                "select pgqueue.bury(0, 1, 4::smallint, '{1}', 'r', null, null, null, now(), true)",
                "select pgqueue.apply_settings(1, '{}')",
                "select pgqueue.reclaim(0)",
                "select pgqueue.install_for_each_slot('drop table x')",
                "select pgqueue.set_aside('publish', 'x')",
                "select pgqueue.take_over('publish')",
                "select * from pgqueue.message",
                "select * from pgqueue.subscription",
                "truncate pgqueue.delivery_0",
                "select nextval('pgqueue.position')",
                "select setval('pgqueue.ring_state', 0)",
                "create table pgqueue.mine ()")) {
            assertThatThrownBy(() -> user.run(forbidden))
                    .as(forbidden)
                    .extracting("SQLState")
                    .isEqualTo("42501");
        }
        user.run("set role pgqueue_consumer");
        assertThatThrownBy(() -> user.send("q", "x")).extracting("SQLState").isEqualTo("42501");
        assertThatThrownBy(() -> user.run("select pgqueue.drop_destination('q')"))
                .extracting("SQLState")
                .isEqualTo("42501");
        assertThat(user.tidy().leader()).isTrue();
    }

    /** OPS-4: in a transaction that may not write, so that a function that writes would fail. */
    @Test
    void aReaderSeesEverythingAndWritesNothing() throws SQLException {
        int queue = (int) admin.number("select id from pgqueue.subscription where name = 'q'");
        Object message = admin.send("q", "x");
        user.run("set role pgqueue_reader");
        user.run("set default_transaction_read_only = on");
        assertThat(user.column("select body from pgqueue.browse(?, p_with_body => true)", queue))
                .isNotEmpty();
        assertThat(user.column("select subscription from pgqueue.find_message(?)", message))
                .containsExactly("q");
        assertThat(user.column("select subscription from pgqueue.metrics()")).containsExactly("q");
        for (String read : List.of(
                "select * from pgqueue.find_destination('q')",
                "select pgqueue.subscription_named(null, 'q')",
                "select pgqueue.subscription_settings(" + queue + ")",
                "select * from pgqueue.list_destinations()",
                "select * from pgqueue.list_subscriptions()",
                "select * from pgqueue.horizon()",
                "select * from pgqueue.stats(" + queue + ")",
                "select * from pgqueue.dead_letters(" + queue + ")",
                "select * from pgqueue.message_changes('" + message + "')",
                "select * from pgqueue.blocked_groups(" + queue + ")",
                "select pgqueue.active_consumers(" + queue + ")",
                "select * from pgqueue.read_history('q')",
                "select * from pgqueue.routes('q')",
                "select * from pgqueue.explain_given('{}', '{}', null, 'x', '{}', 4, null, null, null, null, null, null)",
                "select pgqueue.same_filter(" + queue + ", '{}')",
                "select * from pgqueue.outcomes('{}')",
                "select * from pgqueue.check_invariants()",
                "select pgqueue.oldest_client()")) {
            assertThatCode(() -> user.run(read)).as(read).doesNotThrowAnyException();
        }
        user.run("set default_transaction_read_only = off");
        for (String write : List.of(
                "select pgqueue.publish('q', 'x')",
                "select * from pgqueue.receive(1, 1)",
                "select pgqueue.sample()",
                "select * from pgqueue.ready('{1}')",
                "select * from pgqueue.maintain()",
                "select pgqueue.purge(1)",
                "select * from pgqueue.redrive(1)")) {
            assertThatThrownBy(() -> user.run(write))
                    .as(write)
                    .extracting("SQLState")
                    .isEqualTo("42501");
        }
    }

    @Test
    void everyFunctionThatAnyoneMayCallRunsAsItsOwnerOnAPinnedPath() throws SQLException {
        Set<String> callable = GRANTED.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
        assertThat(
                        strings(
                                admin.column(
                                        "select distinct proname::text from pg_proc where pronamespace = 'pgqueue'::regnamespace and prosecdef")))
                .containsExactlyInAnyOrderElementsOf(callable);
        assertThat(admin.column(
                        "select proname::text from pg_proc where pronamespace = 'pgqueue'::regnamespace and prosecdef "
                                + "and not ('search_path=pgqueue, pg_temp' = any (coalesce(proconfig, '{}')))"))
                .isEmpty();
    }

    private static List<String> strings(List<Object> values) {
        return values.stream().map(String::valueOf).toList();
    }
}
