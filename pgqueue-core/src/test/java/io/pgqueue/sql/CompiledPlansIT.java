// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * A server with LLVM, as most installations have, spends some tenths of a second on compiling a statement that it takes for
 * expensive ({@code jit_above_cost}). Up to PostgreSQL 17 that is every statement that reads a table as a whole although a
 * function forbids it, however small the table is. The servers of these tests have no LLVM; their plans show it anyway.
 */
@PostgresTest(template = MigratedSchema.class)
class CompiledPlansIT {

    private static final double JIT_ABOVE_COST = 100_000;
    private static final Pattern COST = Pattern.compile("\\(cost=[0-9.]+\\.\\.([0-9.]+) ");

    @Test
    void nothingThatRunsAllTheTimeIsWorthCompiling(DataSource dataSource) throws SQLException {
        List<String> plans = new ArrayList<>();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            load(statement);
            statement.execute("set client_min_messages = notice; set auto_explain.log_level = notice;"
                    + "set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;"
                    + "set auto_explain.log_settings = on");
            for (String call : List.of(
                    "create_queue('q', '{\"dead_letter_max_age_ms\":3600000}')",
                    "create_topic('t')",
                    "create_subscription('t', 's', '{\"filter\":\"$.n == 1\",\"demands\":{\"pn\":[1]}}')",
                    "publish('t', 'text', '{\"n\":1}')",
                    "publish('q', 'text')",
                    "receive(1, 10)",
                    "receive(1, 10, p_floors => array[0,0,0,0,0,0,0,0,0,0]::bigint[])",
                    "ready(array[1])",
                    "maintain(1, 0)",
                    "maintain(1, 0)",
                    "sample()")) {
                statement.execute("select * from pgqueue." + call);
                for (SQLWarning plan = statement.getWarnings(); plan != null; plan = plan.getNextWarning()) {
                    plans.add(plan.getMessage());
                }
            }
        }
        assertThat(plans).hasSizeGreaterThan(20);
        assertThat(plans.stream().filter(CompiledPlansIT::wouldBeCompiled)).isEmpty();
    }

    private static void load(Statement statement) {
        try {
            statement.execute("load 'auto_explain'");
        } catch (SQLException e) {
            Assumptions.abort("The server was installed without its contributed modules: " + e.getMessage());
        }
    }

    private static boolean wouldBeCompiled(String plan) {
        Matcher cost = COST.matcher(plan);
        return cost.find() && Double.parseDouble(cost.group(1)) >= JIT_ABOVE_COST && !plan.contains("jit = 'off'");
    }
}
