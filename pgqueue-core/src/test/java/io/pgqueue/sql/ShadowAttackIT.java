// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.sql.Sql.Held;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@PostgresTest(template = SchemaWithRoles.class)
class ShadowAttackIT {

    private DataSource dataSource;
    private Sql admin;
    private Sql user;

    @BeforeEach
    void open(DataSource given) throws SQLException {
        dataSource = given;
        admin = new Sql(given);
        user = new Sql(given);
        admin.run("select pgqueue.create_queue('q', declare_only => true)");
    }

    @AfterEach
    void close() throws SQLException {
        admin.close();
        user.close();
    }

    /** The attacker owns what the functions' names would find if the path were theirs, and every call would fail. */
    @Test
    void shadowsOfTheAttackerAreNeverSeen() throws SQLException {
        admin.run(
                "do $$ begin execute format('grant create on database %I to pgqueue_publisher, pgqueue_consumer', current_database()); end $$");
        user.run("set role pgqueue_publisher");
        shadows(user);
        user.run("set search_path = pg_temp, shadow_" + user.value("select current_user::text")
                + ", pg_catalog, pgqueue");
        assertThatThrownBy(() -> user.run("select 1 + 1")).hasMessageContaining("shadow");
        user.run("select pgqueue.publish('q', 'x'::bytea, '{\"a\":1}'::jsonb, delay => interval '1 s')");
        user.run("select pgqueue.publish('q', 'x'::bytea, '{\"a\":1}'::jsonb)");
        user.run(
                "select pgqueue.publish_messages(1, array[gen_random_uuid()], array['a'::bytea], null, '{4}', null, null, "
                        + "null, null, null, null, null, null)");
        user.close();
        user = new Sql(dataSource);
        user.run("set role pgqueue_consumer");
        shadows(user);
        user.run("set search_path = pg_temp, shadow_" + user.value("select current_user::text")
                + ", pg_catalog, pgqueue");
        int subscription = admin.subscription("q");
        List<Held> held = new ArrayList<>(user.receive(subscription, 100));
        assertThat(held).hasSizeGreaterThanOrEqualTo(2);
        user.run("select pgqueue.ready('{1}')");
        assertThat(user.nack(held.remove(0), 0L)).isEqualTo("retry");
        assertThat(user.ackAll(held)).hasSize(held.size());
        assertThat(user.tidy().leader()).isTrue();
        assertThat(admin.number("select count(*) from pgqueue.message where destination_id = 1"))
                .isPositive();
    }

    /** A cast to text belongs to whoever owns the type, and would run as the function that casts. */
    @Test
    void aCastOfTheAttackersIsNeverCalled() throws SQLException {
        user.run("set role pgqueue_publisher");
        user.run("create type pg_temp.trojan as (a integer)");
        user.run("create function pg_temp.evil(pg_temp.trojan) returns text language plpgsql as "
                + "$$ begin raise exception 'ran as %', current_user; end $$");
        user.run("create cast (pg_temp.trojan as text) with function pg_temp.evil(pg_temp.trojan)");
        assertThatThrownBy(() -> user.run("select pgqueue.publish('q', row(1)::pg_temp.trojan)"))
                .hasMessageContaining("trojan")
                .hasMessageContaining("cast it")
                .extracting("SQLState")
                .isEqualTo("PQ002");
    }

    private static void shadows(Sql sql) throws SQLException {
        String me = "shadow_" + sql.value("select current_user::text");
        sql.run("create schema " + me);
        for (String table : List.of(
                "destination",
                "subscription",
                "message",
                "delivery",
                "delivery_0",
                "message_0",
                "scheduled",
                "dead_letter",
                "ring_state")) {
            sql.run("create temporary table " + table + " (id integer)");
        }
        for (String function : List.of(
                "cardinality(integer[]) returns integer",
                "coalesce_(integer) returns integer",
                "unnest(integer[]) returns setof integer",
                "nextval(text) returns bigint",
                "pg_sequence_last_value(text) returns bigint",
                "check_range(text, numeric, numeric, numeric) returns void",
                "check_message_headers(jsonb, integer, interval, interval, timestamptz, text, text, text) returns void",
                "raise_not_found(text, text) returns void",
                "expiry_of(timestamptz, bigint) returns timestamptz",
                "uuid7() returns uuid",
                "promote_due(integer, timestamptz, integer) returns bigint",
                "slot_is_clean(integer) returns boolean",
                "carry_over(integer) returns integer")) {
            sql.run("create or replace function " + me + "." + function
                    + " language plpgsql as $$ begin raise exception 'shadow'; end $$");
        }
        sql.run("create function " + me + ".shadow_eq(integer, integer) returns boolean language plpgsql as "
                + "$$ begin raise exception 'shadow'; end $$");
        sql.run("create operator " + me + ".= (function = " + me
                + ".shadow_eq, leftarg = integer, rightarg = integer)");
        sql.run("create function " + me + ".shadow_plus(integer, integer) returns integer language plpgsql as "
                + "$$ begin raise exception 'shadow'; end $$");
        sql.run("create operator " + me + ".+ (function = " + me
                + ".shadow_plus, leftarg = integer, rightarg = integer)");
    }
}
