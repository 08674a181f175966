// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jdbc;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The one place that knows what in a JDBC URL nobody may read. */
public final class JdbcUrl {

    /** As {@code postgresql://user:password@host} has it, up to the last @ before the parameters. */
    private static final Pattern USER_INFO = Pattern.compile("//[^?]*@");

    private static final Pattern SECRET_PARAMETERS =
            Pattern.compile("\\b(password|sslpassword|passfile|sslkey)=[^&]*", Pattern.CASE_INSENSITIVE);

    private JdbcUrl() {}

    /**
     * For messages and logs.
     *
     * @param text a URL, or what somebody else's object says of itself and may contain one; then more than the secret may be
     *     taken out, up to the next &amp;
     */
    public static String withoutCredentials(@Nullable Object text) {
        String shown = USER_INFO.matcher(String.valueOf(text)).replaceAll("//***@");
        return SECRET_PARAMETERS.matcher(shown).replaceAll("$1=***");
    }

    /** Errors of the driver quote a URL that it does not understand; here without its credentials. */
    public static Connection connect(String url, Properties properties) throws SQLException {
        try {
            return DriverManager.getConnection(url, properties);
        } catch (SQLException e) {
            String message = String.valueOf(e.getMessage());
            if (!message.contains(url) || withoutCredentials(url).equals(url)) {
                throw e;
            }
            // Not as the cause, whose message has them.
            SQLException shown =
                    new SQLException(message.replace(url, withoutCredentials(url)), e.getSQLState(), e.getErrorCode());
            shown.setStackTrace(e.getStackTrace());
            throw shown;
        }
    }
}
