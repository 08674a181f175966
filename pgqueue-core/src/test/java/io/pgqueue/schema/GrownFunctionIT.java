// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.PostgresTest;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGStatement;
import org.postgresql.ds.PGSimpleDataSource;

/** OPS-2, docs/adr/0021: a function gets a further column and a further argument, while clients call the old one. */
@PostgresTest
class GrownFunctionIT {

    private static final String OLD = """
            create or replace function grown(p_a integer) returns table (a integer, b integer) language sql security definer
            set search_path from current as 'select p_a, 2';
            """;

    private static final String NEW = """
            create or replace function grown(p_a integer, p_d integer default 3)
            returns table (a integer, b integer, c integer) language sql security definer
            set search_path from current as 'select p_a, 2, p_d';
            """;

    private static final String NEW_AROUND_IT =
            "select set_aside('grown', 'c');\n" + NEW + "select take_over('grown');\n";

    private static int names;

    private PGSimpleDataSource dataSource;
    private Sql sql;
    private String schema;
    private String role;

    @BeforeEach
    void open(PGSimpleDataSource given) throws SQLException {
        dataSource = given;
        sql = new Sql(given);
        schema = "grown" + names++;
        role = "caller_" + schema + "_" + Long.toHexString(System.nanoTime());
        sql.run("create role " + role);
    }

    @AfterEach
    void close() throws SQLException {
        sql.run("drop schema if exists " + schema + " cascade");
        sql.run("drop role " + role);
        sql.close();
    }

    @Test
    void itTakesTheOldOnesPlaceAndItsGrants() throws SQLException {
        migrate(0, OLD);
        sql.run("grant usage on schema " + schema + " to " + role);
        sql.run("grant execute on function " + schema + ".grown(integer) to " + role);

        migrate(1, NEW_AROUND_IT);

        assertThat(functions()).containsExactly("grown(integer,integer)");
        sql.run("set role " + role);
        assertThat(sql.column("select c from " + schema + ".grown(1)")).containsExactly(3);
        sql.run("reset role");
        assertThat(sql.value(
                        "select has_function_privilege('public', '" + schema + ".grown(integer, integer)', 'execute')"))
                .isEqualTo(false);
    }

    /** As a node of the older release calls it, outside and inside a transaction, on a connection of before. */
    @Test
    void preparedCallsOfOlderClientsGoOn() throws SQLException {
        migrate(0, OLD);
        try (Sql client = new Sql(dataSource);
                PreparedStatement call =
                        client.connection().prepareStatement("select a, b from " + schema + ".grown(?)")) {
            call.unwrap(PGStatement.class).setPrepareThreshold(1);
            for (int i = 0; i < 7; i++) {
                assertThat(called(call)).isEqualTo("1 2");
            }

            migrate(1, NEW_AROUND_IT);

            client.connection().setAutoCommit(false);
            assertThat(called(call)).isEqualTo("1 2");
            client.connection().commit();
            client.connection().setAutoCommit(true);
            assertThat(called(call)).isEqualTo("1 2");
        }
    }

    /** A change elsewhere in the script must not take away what was granted or built since. */
    @Test
    void itStaysWhereItHasItAlready() throws SQLException {
        migrate(0, NEW_AROUND_IT);
        Object before = sql.value("select to_regprocedure('" + schema + ".grown(integer, integer)')::oid");
        migrate(1, NEW_AROUND_IT + "select 1;\n");
        assertThat(sql.value("select to_regprocedure('" + schema + ".grown(integer, integer)')::oid"))
                .isEqualTo(before);
    }

    /** Flyway runs the privileges script only when that has changed. */
    @Test
    void theScriptAloneLeavesTheRightsAsTheyWere() throws SQLException {
        migrate(0, OLD);
        sql.run("grant execute on function " + schema + ".grown(integer) to " + role + " with grant option");
        sql.run("set search_path = " + schema);
        sql.run(NEW_AROUND_IT);
        assertThat(sql.column(
                        "select g.grantee::regrole::text || g.is_grantable from pg_proc p, aclexplode(p.proacl) g "
                                + "where p.oid = 'grown(integer, integer)'::regprocedure and g.grantee <> p.proowner"))
                .containsExactly(role + "true");
    }

    @Test
    void withoutItTheErrorSaysWhatToDo() throws SQLException {
        migrate(0, OLD);
        assertThatThrownBy(() -> migrate(1, OLD.replace("b integer)", "b integer, c integer)")))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("R__grown.sql")
                .hasMessageContaining("42P13")
                .hasMessageContaining("another shape; drop the schema");
        assertThat(functions()).containsExactly("grown(integer)");
    }

    @Test
    void whatIsMadeOfTheOldOneIsNamed() throws SQLException {
        migrate(0, OLD);
        sql.run("create view " + schema + "_theirs as select * from " + schema + ".grown(1)");
        assertThatThrownBy(() -> migrate(1, NEW_AROUND_IT))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("2BP01")
                .hasMessageContaining("drop it, migrate, and make it again");
        assertThat(functions()).containsExactly("grown(integer)");
        sql.run("drop view " + schema + "_theirs");
        migrate(1, NEW_AROUND_IT);
    }

    private void migrate(int later, String script) {
        List<Migration> scripts = new ArrayList<>(Release.THIS.scripts());
        scripts.add(scripts.size() - 1, new Migration("R__grown.sql", 0, script));
        new SchemaMigrator(
                        new DataSourceConnectionSource((DataSource) dataSource),
                        new SchemaName(schema),
                        new Release(Release.THIS.number() + later, scripts))
                .migrate();
    }

    private List<Object> functions() throws SQLException {
        return sql.column(
                "select replace(oid::regprocedure::text, ?, '') from pg_proc where pronamespace = ?::regnamespace "
                        + "and proname like 'grown%'",
                schema + ".", schema);
    }

    private static String called(PreparedStatement call) throws SQLException {
        call.setInt(1, 1);
        try (ResultSet row = call.executeQuery()) {
            row.next();
            return row.getInt("a") + " " + row.getInt("b");
        }
    }
}
