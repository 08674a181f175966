// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@PostgresTest(template = PostgresExtensionIT.OneTable.class)
class PostgresExtensionIT {

    private DataSource field;

    @Test
    void copiesTheTemplateWhichIsFilledOnce(DataSource parameter) throws SQLException {
        assertThat(query(parameter, "select count(*) from filled")).isEqualTo("1");
        assertThat(OneTable.RUNS).hasValue(1);
    }

    @Test
    void injectsFieldsAndParametersOfTheSameDatabase(PGSimpleDataSource parameter) throws SQLException {
        assertThat(field).isNotNull();
        assertThat(query(field, "select current_database()")).isEqualTo(parameter.getDatabaseName());
    }

    @Test
    void neverTestsInUtc(DataSource parameter) throws SQLException {
        assertThat(query(parameter, "show timezone")).isEqualTo("America/St_Johns");
        assertThat(query(
                        parameter,
                        "select setconfig[1] from pg_db_role_setting join pg_database d on d.oid = setdatabase"
                                + " where datname = current_database()"))
                .isEqualTo("TimeZone=Australia/Lord_Howe");
    }

    @Nested
    class InNestedClass {

        @Test
        void usesTheDatabaseOfTheClassAround(PGSimpleDataSource parameter) throws SQLException {
            assertThat(field).isNotNull();
            assertThat(query(field, "select current_database()")).isEqualTo(parameter.getDatabaseName());
        }
    }

    static final class OneTable implements Consumer<DataSource> {

        static final AtomicInteger RUNS = new AtomicInteger();

        @Override
        public void accept(DataSource dataSource) {
            RUNS.incrementAndGet();
            try (Connection connection = dataSource.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("create table filled as select 1");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static String query(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }
}
