// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.jdbc.JdbcUrl;
import java.io.Serializable;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a connection factory, each by its name and as text, which is how a JNDI reference, properties and
 * serialization carry them. Checked when they are set. Not safe for use by several threads while they are changed.
 */
final class PgJmsSettings implements Serializable {

    private static final long serialVersionUID = 1L;

    static final String URL = "url";
    static final String USER = "user";
    static final String PASSWORD = "password";
    static final String CLIENT_ID = "clientId";
    static final String SCHEMA = "schema";
    static final String PREFETCH = "prefetch";
    static final String LEASE = "lease";
    static final String MAX_DELIVERY_ATTEMPTS = "maxDeliveryAttempts";
    static final String REDELIVERY_DELAY = "redeliveryDelay";
    static final String AUTO_CREATE = "autoCreate";
    static final String POLL_INTERVAL = "pollInterval";
    static final String CLIENT_LEASE = "clientLease";
    static final String WAKEUPS = "wakeups";
    static final String MAX_CONNECTIONS = "maxConnections";
    static final String OBJECT_CLASSES = "objectClasses";

    /** For {@link #REDELIVERY_DELAY}: the backoff of the subscription. */
    static final String POLICY = "policy";

    private static final Set<String> NAMES = Set.of(
            URL,
            USER,
            PASSWORD,
            CLIENT_ID,
            SCHEMA,
            PREFETCH,
            LEASE,
            MAX_DELIVERY_ATTEMPTS,
            REDELIVERY_DELAY,
            AUTO_CREATE,
            POLL_INTERVAL,
            CLIENT_LEASE,
            WAKEUPS,
            MAX_CONNECTIONS,
            OBJECT_CLASSES);

    private final TreeMap<String, String> values = new TreeMap<>();

    PgJmsSettings() {}

    PgJmsSettings(PgJmsSettings other) {
        values.putAll(other.values);
    }

    /** @throws IllegalArgumentException if there is no such setting, or the value is out of its range; null for the default */
    void set(String name, @Nullable String value) {
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException("There is no setting '" + name + "', only " + new TreeSet<>(NAMES));
        }
        String before = values.get(name);
        if (value == null) {
            values.remove(name);
        } else {
            values.put(name, value);
        }
        try {
            check();
        } catch (RuntimeException e) {
            if (before == null) {
                values.remove(name);
            } else {
                values.put(name, before);
            }
            throw e;
        }
    }

    private void check() {
        prefetch();
        lease();
        maxDeliveryAttempts();
        redeliveryDelay();
        autoCreate();
        pollInterval();
        clientLease();
        wakeups();
        maxConnections();
    }

    @Nullable
    String text(String name) {
        return values.get(name);
    }

    Map<String, String> all() {
        return Map.copyOf(values);
    }

    /** At most so many deliveries are fetched ahead by a consumer. */
    int prefetch() {
        return (int) number(PREFETCH, 50, 1, 1000);
    }

    /** Null for the lease of each subscription. */
    @Nullable
    Duration lease() {
        return values.containsKey(LEASE) ? Duration.ofMillis(number(LEASE, 0, 1000, 43_200_000)) : null;
    }

    /** 0 for no limit. */
    int maxDeliveryAttempts() {
        return (int) number(MAX_DELIVERY_ATTEMPTS, 5, 0, 1000);
    }

    /** Null for the backoff of the subscription. */
    @Nullable
    Duration redeliveryDelay() {
        return POLICY.equals(values.get(REDELIVERY_DELAY))
                ? null
                : Duration.ofMillis(number(REDELIVERY_DELAY, 0, 0, 31_622_400_000L));
    }

    boolean autoCreate() {
        return flag(AUTO_CREATE, false);
    }

    Duration pollInterval() {
        return Duration.ofMillis(number(POLL_INTERVAL, 1000, 100, 60_000));
    }

    /** How long what connections own is kept for them when this JVM is not heard of. */
    Duration clientLease() {
        return Duration.ofMillis(number(CLIENT_LEASE, 10_000, 1000, 300_000));
    }

    boolean wakeups() {
        return flag(WAKEUPS, true);
    }

    int maxConnections() {
        return (int) number(MAX_CONNECTIONS, 10, 1, 1000);
    }

    Set<String> objectClasses() {
        String names = values.get(OBJECT_CLASSES);
        return names == null
                ? Set.of()
                : Arrays.stream(names.split(","))
                        .map(String::trim)
                        .filter(n -> !n.isEmpty())
                        .collect(Collectors.toUnmodifiableSet());
    }

    private long number(String name, long byDefault, long from, long to) {
        String text = values.get(name);
        if (text == null) {
            return byDefault;
        }
        try {
            long value = Long.parseLong(text.trim());
            if (value >= from && value <= to) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException("Setting " + name + " is '" + text + "', must be a whole number from " + from
                + " to " + to + (name.equals(REDELIVERY_DELAY) ? ", or '" + POLICY + "'" : ""));
    }

    private boolean flag(String name, boolean byDefault) {
        String text = values.get(name);
        if (text == null) {
            return byDefault;
        }
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("Setting " + name + " is '" + text + "', must be true or false");
        }
        return Boolean.parseBoolean(text);
    }

    /** No password, and none in the URL. */
    @Override
    public String toString() {
        TreeMap<String, String> shown = new TreeMap<>(values);
        shown.remove(PASSWORD);
        shown.computeIfPresent(URL, (name, url) -> JdbcUrl.withoutCredentials(url));
        return shown.toString();
    }
}
