// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.schema.SchemaException;
import java.sql.SQLException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The server or its schema cannot be worked with. */
final class SchemaFailureAnalyzer extends AbstractFailureAnalyzer<SchemaException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SchemaException cause) {
        return new FailureAnalysis(cause.getMessage(), action(cause), cause);
    }

    private static String action(SchemaException cause) {
        if (cause.getCause() instanceof SQLException sql
                && sql.getSQLState() != null
                && sql.getSQLState().startsWith("08")) {
            return "Check that the database of spring.datasource.url runs and can be reached.";
        }
        return "Do what the description says. When this application shall install or upgrade the schema itself, set "
                + "pgqueue.schema.initialize=always; when somebody else does it, set it to validate or never. "
                + "pgqueue.schema.name names the schema.";
    }
}
