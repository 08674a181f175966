// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import io.pgqueue.jdbc.JdbcUrl;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a database is, in the words of JDBC. */
record DatabaseUrl(
        String jdbcUrl, @Nullable String user, @Nullable String password) {

    private static final String JDBC = "jdbc:";

    /** Takes {@code jdbc:postgresql://…} as it is, and {@code postgresql://user:password@host:port/database?…}. */
    static DatabaseUrl parse(String text) {
        String url = text.strip();
        if (url.startsWith(JDBC + "postgresql:")) {
            return new DatabaseUrl(url, null, null);
        }
        if (!url.matches("postgres(ql)?://.*")) {
            throw new IllegalArgumentException(
                    "DATABASE_URL must begin with postgresql:// or jdbc:postgresql://; for example "
                            + "postgresql://user:password@localhost:5432/postgres");
        }
        URI uri = uri(url);
        String[] credentials = uri.getRawUserInfo() == null
                ? new String[0]
                : uri.getRawUserInfo().split(":", 2);
        return new DatabaseUrl(
                JDBC + "postgresql://" + uri.getRawAuthority().replaceFirst("^.*@", "") + uri.getRawPath()
                        + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()),
                credentials.length > 0 ? decode(credentials[0]) : null,
                credentials.length > 1 ? decode(credentials[1]) : null);
    }

    Map<String, Object> properties() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("spring.datasource.url", jdbcUrl);
        if (user != null) {
            properties.put("spring.datasource.username", user);
        }
        if (password != null) {
            properties.put("spring.datasource.password", password);
        }
        return properties;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return JdbcUrl.withoutCredentials(jdbcUrl);
    }

    private static URI uri(String url) {
        try {
            return new URI(url);
        } catch (java.net.URISyntaxException e) {
            // Neither message nor cause: both would show the password.
            throw new IllegalArgumentException("DATABASE_URL is not a URL (position " + e.getIndex()
                    + "); write characters with a meaning, like @ or / in a password, as %40 and %2F");
        }
    }

    /** A plus sign is itself here, not a blank. */
    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
