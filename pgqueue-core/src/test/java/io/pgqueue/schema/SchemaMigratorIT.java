// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.InvalidNameException;
import io.pgqueue.SchemaName;
import io.pgqueue.jdbc.DataSourceConnectionSource;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.PostgresTest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest
class SchemaMigratorIT {

    private static int names;

    private static final String FUNCTIONS =
            "select pg_get_functiondef(oid) from pg_proc where pronamespace = ?::regnamespace order by 1";

    private PGSimpleDataSource dataSource;
    private Sql sql;
    private String schema;

    @BeforeEach
    void open(PGSimpleDataSource given) throws SQLException {
        dataSource = given;
        sql = new Sql(given);
        schema = "migrated" + names++;
    }

    @AfterEach
    void close() throws SQLException {
        sql.close();
    }

    @Test
    void aSecondRunDoesNothing() {
        assertThat(migrator(schema).migrate()).hasSize(Migration.all().size()).startsWith("V001__tables.sql");
        assertThat(migrator(schema).migrate()).isEmpty();
        migrator(schema).validate();
    }

    @ParameterizedTest
    @ValueSource(strings = {"read committed", "repeatable read", "serializable"})
    void nodesThatStartTogetherInstallOnce(String isolation) throws Exception {
        dataSource.setOptions("-c default_transaction_isolation=" + isolation.replace(" ", "\\ "));
        int nodes = 6;
        CyclicBarrier barrier = new CyclicBarrier(nodes);
        List<CompletableFuture<List<String>>> running = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            running.add(CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            barrier.await();
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                        return migrator(schema).migrate();
                    },
                    task -> new Thread(task, "node").start()));
        }
        List<Integer> applied = new ArrayList<>();
        for (CompletableFuture<List<String>> node : running) {
            applied.add(node.get().size());
        }
        assertThat(applied).containsOnlyOnce(Migration.all().size());
        assertThat(applied.stream().filter(n -> n == 0)).hasSize(nodes - 1);
    }

    @Test
    void twoInstallationsInOneDatabaseDoNotTouchEachOther() throws SQLException {
        migrator(schema).migrate();
        migrator(schema + "b").migrate();
        for (String each : List.of(schema, schema + "b")) {
            sql.run("select " + each + ".create_queue('q')");
            sql.run("select " + each + ".publish('q', ?::bytea)", each.getBytes());
        }
        for (String each : List.of(schema, schema + "b")) {
            assertThat(sql.column("select convert_from(body, 'UTF8') from " + each + ".receive(1, 10)"))
                    .containsExactly(each);
            assertThat(sql.value("select leader from " + each + ".maintain()")).isEqualTo(true);
        }
        assertThat(functions(schema)).isEqualTo(functions(schema + "b"));
        sql.run("drop schema " + schema + "b cascade");
        migrator(schema).validate();
        assertThat(sql.column("select body from " + schema + ".receive(1, 10)")).isEmpty();
    }

    /** OPS-2: nodes are upgraded one after the other, and one of the older ones is started again in between. */
    @Test
    void anOlderReleaseLeavesANewerSchemaAloneAndWorksWithIt() throws SQLException {
        migrator(schema).migrate();
        assertThat(migrator(newer()).migrate()).containsExactly("V002__later.sql", "R__settle.sql");
        List<Object> before = functions(schema);
        assertThat(migrator(schema).migrate()).isEmpty();
        migrator(schema).validate();
        assertThat(functions(schema)).isEqualTo(before);
        assertThat(sql.column(
                        "select script from " + schema + ".schema_history where release = ? order by script",
                        Release.THIS.number() + 1))
                .containsExactly("R__settle.sql", "R__zz_privileges.sql", "V002__later.sql");
        sql.run("select " + schema + ".create_queue('q')");
        assertThat(migrator(newer()).migrate()).isEmpty();
    }

    @Test
    void anOlderReleaseThatTheSchemaNoLongerUnderstandsIsRefused() throws SQLException {
        migrator(newer()).migrate();
        sql.run("update " + schema + ".installation set oldest_client = ?", Release.THIS.number() + 1);
        List<Object> before = functions(schema);
        for (Runnable call : List.<Runnable>of(migrator(schema)::migrate, migrator(schema)::validate)) {
            assertThatThrownBy(call::run)
                    .isInstanceOf(SchemaException.class)
                    .hasMessageContaining("works with clients from schema release " + (Release.THIS.number() + 1))
                    .hasMessageContaining("upgrade the pgqueue library");
        }
        assertThat(functions(schema)).isEqualTo(before);
        migrator(newer()).validate();
    }

    @Test
    void aChangedScriptRunsAgainAndThePrivilegesAfterIt() throws SQLException {
        migrator(schema).migrate();
        List<Object> before = functions(schema);
        sql.run("drop function " + schema + ".uuid7()");
        sql.run("update " + schema + ".schema_history set checksum = 1 where script = 'R__publish.sql'");
        assertThatThrownBy(migrator(schema)::validate)
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("lacks [R__publish.sql]");
        assertThat(migrator(schema).migrate()).containsExactly("R__publish.sql");
        assertThat(functions(schema)).isEqualTo(before);
        assertThat(sql.column(
                        "select proname::text from pg_proc where pronamespace = ?::regnamespace "
                                + "and has_function_privilege('public', oid, 'execute')",
                        schema))
                .isEmpty();
    }

    /** Words that the server takes for something else would need quotes in every call, also in the application's SQL. */
    @Test
    void noReservedWordIsANameForASchema() throws SQLException {
        List<Object> reserved = sql.column("select word from pg_get_keywords() where catcode in ('R', 'T')");
        assertThat(reserved)
                .hasSizeGreaterThan(90)
                .allSatisfy(word -> assertThatThrownBy(() -> new SchemaName(String.valueOf(word)))
                        .isInstanceOf(InvalidNameException.class)
                        .hasMessageContaining("reserved"));
        // Others look like words of SQL and need none.
        migrator("data" + names++).migrate();
        migrator("values").migrate();
        migrator("values").validate();
    }

    @Test
    void aMissingSchemaIsNotValid() {
        assertThatThrownBy(migrator(schema)::validate)
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("lacks [V001__tables.sql");
    }

    @Test
    void aFailedMigrationLeavesNothing() throws SQLException {
        sql.run("create role may_not_create_" + schema);
        dataSource.setOptions("-c role=may_not_create_" + schema);
        assertThatThrownBy(migrator(schema)::migrate)
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("42501")
                .hasMessageContaining("give the database user the right");
        sql.run("create schema " + schema + " authorization may_not_create_" + schema);
        // A type of the name that a table would have.
        sql.run("create domain " + schema + ".dead_letter as integer");
        assertThatThrownBy(migrator(schema)::migrate)
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("V001__tables.sql");
        assertThat(sql.column("select relname::text from pg_class where relnamespace = ?::regnamespace", schema))
                .isEmpty();
        sql.run("drop domain " + schema + ".dead_letter");
        assertThat(migrator(schema).migrate()).isNotEmpty();
        sql.run("drop schema " + schema + " cascade");
        sql.run("drop role may_not_create_" + schema);
    }

    /** Installing would take EXECUTE on the application's own functions from everybody. */
    @Test
    void aSchemaThatHoldsSomethingElseIsRefused() throws SQLException {
        sql.run("create schema " + schema);
        sql.run("create function " + schema + ".theirs() returns integer language sql as 'select 1'");
        assertThatThrownBy(migrator(schema)::migrate)
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("theirs");
        assertThat(sql.value("select has_function_privilege('public', '" + schema + ".theirs()', 'execute')"))
                .isEqualTo(true);
    }

    @Test
    void flywayInstallsTheSameFunctions() throws SQLException {
        migrator(schema).migrate();
        Flyway flyway = Flyway.configure()
                .dataSource(dataSource)
                .locations("classpath:io/pgqueue/schema")
                .defaultSchema(schema + "fly")
                .createSchemas(true)
                .load();
        assertThat(flyway.migrate().migrationsExecuted)
                .isEqualTo(Migration.all().size());
        assertThat(functions(schema + "fly")).isEqualTo(functions(schema));
        assertThat(flyway.migrate().migrationsExecuted).isZero();
        sql.run("select " + schema + "fly.create_queue('q')");
        assertThatCode(() -> sql.run("select " + schema + "fly.publish('q', 'x'::bytea)"))
                .doesNotThrowAnyException();
    }

    /** The next release: one more version, and one function that works otherwise. */
    private static Release newer() {
        List<Migration> scripts = new ArrayList<>();
        for (Migration script : Release.THIS.scripts()) {
            boolean changed = script.file().equals("R__settle.sql");
            scripts.add(
                    changed
                            ? new Migration(
                                    script.file(), 0, script.text().replace("return found;", "return found is true;"))
                            : script);
            if (script.version() == 1) {
                scripts.add(new Migration("V002__later.sql", 2, "create table later ()"));
            }
        }
        return new Release(Release.THIS.number() + 1, scripts);
    }

    private SchemaMigrator migrator(Release release) {
        return new SchemaMigrator(
                new DataSourceConnectionSource((DataSource) dataSource), new SchemaName(schema), release);
    }

    private SchemaMigrator migrator(String name) {
        return new SchemaMigrator(new DataSourceConnectionSource((DataSource) dataSource), new SchemaName(name));
    }

    /** With the schema's name taken out. */
    private List<Object> functions(String name) throws SQLException {
        return sql.column(FUNCTIONS, name).stream()
                .map(text -> (Object) String.valueOf(text).replace(name, "S"))
                .sorted()
                .toList();
    }
}
