// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The limits of names and values, and the errors for what breaks them. */
final class Limits {

    static final int HEADER_LENGTH = 255;
    static final int PROPERTIES = 100;
    static final int HARD_BODY_BYTES = 64 * 1024 * 1024;
    static final Duration LONGEST_DELAY = Duration.ofDays(366);

    private static final String TEMPORARY = "pgqueue.temp.";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    private Limits() {}

    static String name(String what, @Nullable String name) {
        if (name == null || !NAME.matcher(name).matches() || name.startsWith("pgqueue.")) {
            throw new InvalidNameException("'" + shorten(name) + "' is not a name for a " + what
                    + ": use 1 to 128 of the characters A-Z a-z 0-9 . _ - and do not begin with 'pgqueue.'");
        }
        return name;
    }

    /** The name of a subscription in administration: that of one which belongs to a client id has the id before it. */
    static String address(String what, @Nullable String name) {
        int slash = name == null ? -1 : name.indexOf('/');
        if (name != null && slash >= 0) {
            name("client id in the name of a " + what, name.substring(0, slash));
            name(what, name.substring(slash + 1));
            return name;
        }
        return name(what, name);
    }

    /** A name that is only referred to: it may be that of a temporary destination too. */
    static String reference(String what, @Nullable String name) {
        return name != null && name.startsWith(TEMPORARY)
                ? name(what, name.substring(TEMPORARY.length()))
                : name(what, name);
    }

    static @Nullable String header(String field, @Nullable String value) {
        if (value == null) {
            return null;
        }
        if (value.length() > HEADER_LENGTH) {
            throw invalid(field, value.length() + " characters long", "at most " + HEADER_LENGTH);
        }
        if (value.indexOf('\0') >= 0) {
            throw invalid(field, "a text with U+0000", "without it; put such text into a property or the body");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw invalid(
                    field, "a text with a lone surrogate", "well-formed; put such text into a property or the body");
        }
        return value;
    }

    static @Nullable String key(String field, @Nullable String value) {
        if (value != null && value.isEmpty()) {
            throw invalid(field, "empty", "null when there is none");
        }
        return header(field, value);
    }

    /** The text of a filter, which is parsed later, but kept as it is: what PostgreSQL cannot hold is refused here. */
    static void filter(String field, @Nullable String text) {
        if (text != null
                && (text.indexOf('\0') >= 0
                        || !StandardCharsets.UTF_8.newEncoder().canEncode(text))) {
            throw new InvalidFilterException(
                    field + " has U+0000 or a lone surrogate, must be text that PostgreSQL can hold");
        }
    }

    static Duration between(String field, Duration value, Duration from, Duration to) {
        if (value.compareTo(from) < 0 || value.compareTo(to) > 0) {
            throw invalid(field, value.toString(), from + " to " + to);
        }
        return value;
    }

    static int between(String field, int value, int from, int to) {
        if (value < from || value > to) {
            throw invalid(field, Integer.toString(value), from + " to " + to);
        }
        return value;
    }

    static InvalidArgumentException invalid(String field, String value, String rule) {
        return new InvalidArgumentException(field + " is " + value + ", must be " + rule);
    }

    private static String shorten(@Nullable String text) {
        return text == null || text.length() <= 140 ? String.valueOf(text) : text.substring(0, 140) + "…";
    }
}
