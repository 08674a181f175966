// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.DepthLimit;
import io.pgqueue.ExpiryPolicy;
import io.pgqueue.GroupPolicy;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.WhenFull;
import io.pgqueue.store.AdminFunctions.Filters;
import io.pgqueue.store.FlatJson.NumberText;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The settings of destinations and subscriptions as {@code R__admin.sql} takes and returns them. Times are in ms. */
final class SettingsJson {

    private final Map<String, @Nullable Object> stored;

    private SettingsJson(Map<String, @Nullable Object> stored) {
        this.stored = stored;
    }

    static String write(QueueSpec spec) {
        return destination(subscription(spec.settings()), spec.maxBodyBytes(), spec.dedupWindow(), spec.retain());
    }

    static String write(TopicSpec spec) {
        return write(spec.maxBodyBytes(), spec.dedupWindow(), spec.retain());
    }

    /** What a queue or topic has itself, without subscriptions. */
    static String write(int maxBodyBytes, Duration dedupWindow, Duration retain) {
        return destination(new JsonObject(), maxBodyBytes, dedupWindow, retain);
    }

    static String write(SubscriptionSettings settings) {
        return subscription(settings).toString();
    }

    /** @param paths what the filters of the specification mean */
    static String write(SubscriptionSpec spec, FilterPaths paths) {
        JsonObject json = subscription(spec.settings())
                .textOrNull("selector", spec.selector())
                .textOrNull("attribute_filter", spec.attributeFilter())
                .textOrNull("body_filter", spec.bodyFilter());
        return filter(json, paths);
    }

    static String write(FilterPaths paths) {
        return filter(new JsonObject(), paths);
    }

    private static String filter(JsonObject json, FilterPaths paths) {
        return json.textOrNull("filter", paths.properties())
                .textOrNull("body_path", paths.body())
                .plain("demands", paths.demands())
                .toString();
    }

    private static String destination(JsonObject json, int maxBodyBytes, Duration dedupWindow, Duration retain) {
        return json.plain("max_body_bytes", maxBodyBytes)
                .plain("dedup_window_ms", dedupWindow.toMillis())
                .plain("retain_ms", retain.toMillis())
                .toString();
    }

    private static JsonObject subscription(SubscriptionSettings settings) {
        RedeliveryPolicy redelivery = settings.redelivery();
        DeadLetterPolicy deadLetters = settings.deadLetters();
        DepthLimit limit = settings.depthLimit();
        return new JsonObject()
                .plain("lease_ms", settings.lease().toMillis())
                .plain("max_attempts", redelivery.maxAttempts())
                .plain("backoff_base_ms", redelivery.backoff().toMillis())
                .plain("backoff_max_ms", redelivery.maxBackoff().toMillis())
                .plain("backoff_multiplier", redelivery.multiplier())
                .plain("jitter_percent", redelivery.jitterPercent())
                .plainOrNull("retry_timeout_ms", millis(redelivery.retryTimeout()))
                .plainOrNull("retention_ms", millis(settings.retention()))
                .text("on_expiry", word(settings.onExpiry()))
                .textOrNull("expiry_queue", settings.expiryQueue())
                .textOrNull("dead_letter_queue", deadLetters.queue())
                .plain("park_after", deadLetters.parkAfter())
                .plainOrNull("dead_letter_max_age_ms", millis(deadLetters.maxAge()))
                .plain("delay_ms", settings.delay().toMillis())
                .text("group_policy", word(settings.groups()))
                .plainOrNull("max_depth", limit == null ? null : limit.deliveries())
                .text("on_full", limit == null ? null : word(limit.whenFull()))
                .plainOrNull("expire_after_idle_ms", millis(settings.expireAfterIdle()));
    }

    static SettingsJson read(String json) {
        return new SettingsJson(FlatJson.read(json));
    }

    Filters filters() {
        return new Filters(text("selector"), text("attribute_filter"), text("body_filter"));
    }

    SubscriptionSettings settings() {
        return new SubscriptionSettings(
                Duration.ofMillis(number("lease_ms")),
                new RedeliveryPolicy(
                        (int) number("max_attempts"),
                        Duration.ofMillis(number("backoff_base_ms")),
                        Duration.ofMillis(number("backoff_max_ms")),
                        Double.parseDouble(digits("backoff_multiplier")),
                        (int) number("jitter_percent"),
                        duration("retry_timeout_ms")),
                duration("retention_ms"),
                word(ExpiryPolicy.class, "on_expiry"),
                text("expiry_queue"),
                new DeadLetterPolicy(
                        text("dead_letter_queue"), (int) number("park_after"), duration("dead_letter_max_age_ms")),
                Duration.ofMillis(number("delay_ms")),
                word(GroupPolicy.class, "group_policy"),
                stored.get("max_depth") == null
                        ? null
                        : new DepthLimit((int) number("max_depth"), word(WhenFull.class, "on_full")),
                duration("expire_after_idle_ms"));
    }

    private static @Nullable Long millis(@Nullable Duration duration) {
        return duration == null ? null : (Long) duration.toMillis();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private <E extends Enum<E>> E word(Class<E> type, String name) {
        return Enum.valueOf(type, String.valueOf(stored.get(name)).toUpperCase(Locale.ROOT));
    }

    private @Nullable String text(String name) {
        return (String) stored.get(name);
    }

    private @Nullable Duration duration(String name) {
        return stored.get(name) == null ? null : Duration.ofMillis(number(name));
    }

    private long number(String name) {
        return Long.parseLong(digits(name));
    }

    private String digits(String name) {
        return stored.get(name) instanceof NumberText number ? number.text() : "0";
    }
}
