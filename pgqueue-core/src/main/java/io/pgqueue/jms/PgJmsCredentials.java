// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import org.jspecify.annotations.Nullable;

/**
 * Checks user and password when a connection is made (Jakarta Messaging 3.1, section 6.1.1), by the database: a connection
 * is opened with them and closed again.
 */
final class PgJmsCredentials {

    /** SQLSTATE class of a wrong user or password. */
    private static final String AUTHORIZATION = "28";

    private final Login login;

    PgJmsCredentials(Login login) {
        this.login = login;
    }

    /** Opens a connection; user and password null for those that are configured. */
    @FunctionalInterface
    interface Login {
        Connection open(@Nullable String user, @Nullable String password) throws SQLException;
    }

    /**
     * @throws JMSSecurityException if they are wrong, or cannot be checked
     * @throws JMSException if the database does not answer
     */
    void check(@Nullable String user, @Nullable String password) throws JMSException {
        try {
            login.open(user, password).close();
        } catch (SQLFeatureNotSupportedException | UnsupportedOperationException e) {
            throw PgJmsErrors.withCause(
                    new JMSSecurityException("The DataSource cannot check a user and password: create the connection "
                            + "without them, or use a factory with a JDBC URL"),
                    e);
        } catch (SQLException e) {
            throw PgJmsErrors.withCause(
                    String.valueOf(e.getSQLState()).startsWith(AUTHORIZATION)
                            ? new JMSSecurityException("The database refused the user or password: " + e.getMessage())
                            : new JMSException("The database cannot be reached: " + e.getMessage()),
                    e);
        }
    }
}
