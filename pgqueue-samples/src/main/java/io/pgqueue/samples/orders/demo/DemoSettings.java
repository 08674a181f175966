// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the environment variables say; the application reads the rest of them itself.
 *
 * @param databaseUrl DATABASE_URL: server to use instead of the embedded one
 * @param queue QUEUE_NAME
 * @param port API_PORT
 * @param orders ORDERS: how many orders are created, numbered from 1
 * @param parallel PARALLEL: how many at a time
 * @param keepServing KEEP_SERVING: whether the API stays up after the summary; null: if a terminal is attached
 */
record DemoSettings(
        @Nullable DatabaseUrl databaseUrl,
        String queue,
        int port,
        int orders,
        int parallel,
        @Nullable Boolean keepServing) {

    static DemoSettings from(Map<String, String> environment) {
        String url = environment.getOrDefault("DATABASE_URL", "");
        String serve = environment.getOrDefault("KEEP_SERVING", "");
        return new DemoSettings(
                url.isBlank() ? null : DatabaseUrl.parse(url),
                environment.getOrDefault("QUEUE_NAME", "order_queue"),
                number(environment, "API_PORT", 8000, 65535),
                number(environment, "ORDERS", 100, 1_000_000),
                number(environment, "PARALLEL", 20, 200),
                serve.isBlank() ? null : bool("KEEP_SERVING", serve));
    }

    private static int number(Map<String, String> environment, String name, int byDefault, int most) {
        String text = environment.getOrDefault(name, "").strip();
        if (text.isEmpty()) {
            return byDefault;
        }
        if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > most) {
            throw new IllegalArgumentException(name + " is '" + text + "', must be a number from 1 to " + most);
        }
        return Integer.parseInt(text);
    }

    private static boolean bool(String name, String text) {
        return switch (text.strip().toLowerCase(java.util.Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(name + " is '" + text + "', must be true or false");
        };
    }
}
