// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.actuate;

/** Names of all meters and their tags. The dashboard and {@code docs/operations.md} use them. */
final class MeterNames {

    static final String PUBLISHED = "pgqueue.published";
    static final String RECEIVED = "pgqueue.received";
    static final String ACKED = "pgqueue.acked";
    static final String RETRIED = "pgqueue.retried";
    static final String DEAD = "pgqueue.dead";
    static final String STALE = "pgqueue.stale";
    static final String HANDLER = "pgqueue.handler";
    static final String LAG = "pgqueue.lag";
    static final String OLDEST_AGE = "pgqueue.oldest.age";
    static final String SAMPLE_AGE = "pgqueue.sample.age";
    static final String EXPIRES_IN = "pgqueue.subscription.expires";

    /** Followed by the state. */
    static final String MESSAGES = "pgqueue.messages.";

    static final String DESTINATION = "destination";
    static final String SUBSCRIPTION = "subscription";

    /** Temporary destinations have a name each, and a meter for each name would never go away. */
    private static final String TEMPORARY = "pgqueue.temp";

    private MeterNames() {}

    /** A name fit for a tag. */
    static String bounded(String name) {
        return name.startsWith(TEMPORARY + ".") ? TEMPORARY : name;
    }
}
