// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What Java calls is what the scripts install. */
@PostgresTest(template = MigratedSchema.class)
class FunctionContractIT {

    private static final Pattern CALLED = Pattern.compile("%s\\.(\\w+)\\(");

    @Test
    void everyCallResolves(DataSource dataSource) throws Exception {
        try (Connection connection = dataSource.getConnection()) {
            for (String call : Statements.all()) {
                try (PreparedStatement statement = connection.prepareStatement(call.formatted("pgqueue"))) {
                    assertThat(statement.getParameterMetaData().getParameterCount())
                            .as(call)
                            .isEqualTo((int) call.chars().filter(c -> c == '?').count());
                }
            }
        }
    }

    @Test
    void whatIsCalledRunsAsItsOwnerOnAPinnedPath(DataSource dataSource) throws Exception {
        Set<String> called = new TreeSet<>();
        for (String call : Statements.all()) {
            Matcher matcher = CALLED.matcher(call);
            assertThat(matcher.find()).as(call).isTrue();
            called.add(matcher.group(1));
        }
        assertThat(called).hasSizeGreaterThan(20);
        assertThat(query(
                        dataSource,
                        "select distinct proname from pg_proc where pronamespace = 'pgqueue'::regnamespace and prosecdef "
                                + "and 'search_path=pgqueue, pg_temp' = any (proconfig)"))
                .containsAll(called);
    }

    @Test
    void nobodyMayCallAnythingUnasked(DataSource dataSource) throws Exception {
        assertThat(query(
                        dataSource,
                        "select proname from pg_proc where pronamespace = 'pgqueue'::regnamespace "
                                + "and has_function_privilege('public', oid, 'execute')"))
                .isEmpty();
    }

    private static List<String> query(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (row.next()) {
                values.add(row.getString(1));
            }
            return values;
        }
    }
}
