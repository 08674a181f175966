// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.regex.Pattern;

/**
 * Name of the schema that an installation lives in. An identifier cannot be a bind value, so only one that needs no
 * quoting is taken.
 *
 * @param value lower-case letters, digits and _, beginning with a letter or _, at most 48 characters so that the channel
 *     of its wake-ups is an identifier too
 */
public record SchemaName(String value) {

    private static final Pattern RULE = Pattern.compile("[a-z_][a-z0-9_]{0,47}");

    /** {@code pgqueue}. */
    public static final SchemaName DEFAULT = new SchemaName("pgqueue");

    public SchemaName {
        if (!RULE.matcher(value).matches() || value.startsWith("pg_")) {
            throw new InvalidNameException(
                    "'" + value + "' is not a name for a schema: use lower-case letters, digits and _, "
                            + "begin with a letter, at most 48 characters, not beginning with pg_");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
