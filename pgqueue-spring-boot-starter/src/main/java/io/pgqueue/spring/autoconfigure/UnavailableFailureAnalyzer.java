// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.UnavailableException;
import java.sql.SQLException;
import java.util.List;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The database, or the schema in it, is not there when the application needs it for the first time. */
final class UnavailableFailureAnalyzer extends AbstractFailureAnalyzer<UnavailableException> {

    /** No such function, schema, table. */
    private static final List<String> NO_SCHEMA = List.of("42883", "3F000", "42P01");

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnavailableException cause) {
        return new FailureAnalysis(cause.getMessage(), action(cause), cause);
    }

    private static String action(UnavailableException cause) {
        return cause.getCause() instanceof SQLException sql && NO_SCHEMA.contains(sql.getSQLState())
                ? "Set pgqueue.schema.initialize=always, so that the application installs the schema; or let whoever installs "
                        + "it do so before the application starts, and set it to validate to be told what is missing. "
                        + "pgqueue.schema.name names the schema."
                : "Check that the database of spring.datasource.url runs and can be reached, and that it may be written to.";
    }
}
