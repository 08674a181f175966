// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Name of the schema that an installation lives in. An identifier cannot be a bind value, so only one that needs no
 * quoting is taken, here and in the application's own SQL.
 *
 * @param value lower-case letters, digits and _, beginning with a letter or _, at most 48 characters so that the channel
 *     of its wake-ups is an identifier too
 */
public record SchemaName(String value) {

    private static final Pattern RULE = Pattern.compile("[a-z_][a-z0-9_]{0,47}");

    /** Of PostgreSQL 15 to 18: reserved, or only for functions and types. */
    private static final Set<String> RESERVED = Set.of(
            ("all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation "
                            + "column concurrently constraint create cross current_catalog current_date current_role "
                            + "current_schema current_time current_timestamp current_user default deferrable desc distinct do "
                            + "else end except false fetch for foreign freeze from full grant group having ilike in initially "
                            + "inner intersect into is isnull join lateral leading left like limit localtime localtimestamp "
                            + "natural not notnull null offset on only or order outer overlaps placing primary references "
                            + "returning right select session_user similar some symmetric system_user table tablesample then "
                            + "to trailing true union unique user using variadic verbose when where window with")
                    .split(" "));

    /** {@code pgqueue}. */
    public static final SchemaName DEFAULT = new SchemaName("pgqueue");

    public SchemaName {
        if (!RULE.matcher(value).matches() || value.startsWith("pg_")) {
            throw new InvalidNameException(
                    "'" + value + "' is not a name for a schema: use lower-case letters, digits and _, "
                            + "begin with a letter, at most 48 characters, not beginning with pg_");
        }
        if (RESERVED.contains(value)) {
            throw new InvalidNameException(
                    "'" + value + "' is not a name for a schema: it is a reserved word of SQL; take "
                            + "another one, for example " + value + "_queue");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
