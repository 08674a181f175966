// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.DepthLimit;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.WhenFull;
import io.pgqueue.sql.Sql;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** LIM-2, TOP-3, TOP-6: the default and the range of each setting, in Java and in SQL. */
@PostgresTest(template = MigratedSchema.class)
class SettingRangesIT {

    private static final SubscriptionSettings SETTINGS = SubscriptionSettings.DEFAULT;
    private static final RedeliveryPolicy RETRIES = RedeliveryPolicy.DEFAULT;
    private static final DeadLetterPolicy DEAD = DeadLetterPolicy.DEFAULT;
    private static final long DAY = 86_400_000;
    private static int names;

    /** Milliseconds where the name says so; no default means none. */
    enum Setting {
        LEASE("lease_ms", "lease", 30_000L, 1000, 43_200_000, v -> SETTINGS.withLease(ms(v))),
        MAX_ATTEMPTS("max_attempts", "maxAttempts", 5L, 0, 1000, v -> retries(RETRIES.withMaxAttempts((int) v))),
        BACKOFF(
                "backoff_base_ms",
                "backoff",
                1000L,
                0,
                3_600_000,
                v -> retries(RETRIES.withBackoff(ms(v), 2, ms(DAY)))) {
            @Override
            String with(Object value) {
                return "{\"backoff_base_ms\":" + value + ",\"backoff_max_ms\":" + DAY + "}";
            }
        },
        LONGEST_BACKOFF(
                "backoff_max_ms",
                "maxBackoff",
                300_000L,
                0,
                DAY,
                v -> retries(RETRIES.withBackoff(Duration.ZERO, 2, ms(v)))) {
            @Override
            String with(Object value) {
                return "{\"backoff_base_ms\":0,\"backoff_max_ms\":" + value + "}";
            }
        },
        JITTER(
                "jitter_percent",
                "jitterPercent",
                10L,
                0,
                50,
                v -> retries(new RedeliveryPolicy(5, ms(1000), ms(300_000), 2, (int) v, null))),
        RETRY_TIMEOUT(
                "retry_timeout_ms",
                "retryTimeout",
                null,
                1000,
                366 * DAY,
                v -> retries(RETRIES.withRetryTimeout(ms(v)))),
        RETENTION("retention_ms", "retention", null, 600_000, 366 * DAY, v -> SETTINGS.withRetention(ms(v))),
        DELAY("delay_ms", "delay", 0L, 0, 7 * DAY, v -> SETTINGS.withDelay(ms(v))),
        DEAD_LETTER_AGE(
                "dead_letter_max_age_ms",
                "maxAge",
                null,
                3_600_000,
                366 * DAY,
                v -> SETTINGS.withDeadLetters(DEAD.withMaxAge(ms(v)))),
        PARK_AFTER("park_after", "parkAfter", 3L, 0, 1000, v -> SETTINGS.withDeadLetters(DEAD.withParkAfter((int) v))),
        MAX_DEPTH(
                "max_depth",
                "depthLimit.deliveries",
                null,
                1,
                2_000_000_000,
                v -> SETTINGS.withDepthLimit(new DepthLimit((int) v, WhenFull.FAIL))),
        EXPIRE_AFTER_IDLE(
                "expire_after_idle_ms",
                "expireAfterIdle",
                null,
                3_600_000,
                366 * DAY,
                v -> SETTINGS.withExpireAfterIdle(ms(v)));

        private final String key;
        private final String field;
        private final @Nullable Long byDefault;
        private final long lowest;
        private final long highest;
        private final JavaValue java;

        Setting(String key, String field, @Nullable Long byDefault, long lowest, long highest, JavaValue java) {
            this.key = key;
            this.field = field;
            this.byDefault = byDefault;
            this.lowest = lowest;
            this.highest = highest;
            this.java = java;
        }

        String with(Object value) {
            return "{\"" + key + "\":" + value + "}";
        }

        String shown(long value) {
            return key.endsWith("_ms") ? ms(value).toString() : Long.toString(value);
        }
    }

    private interface JavaValue {
        SubscriptionSettings of(long value);
    }

    /** Those of a topic or queue itself. */
    enum OwnSetting {
        MAX_BODY("max_body_bytes", "maxBodyBytes", 4_194_304, 1024, 67_108_864, (t, v) -> t.withMaxBodyBytes((int) v)),
        DEDUP_WINDOW("dedup_window_ms", "dedupWindow", 300_000, 1000, 7 * DAY, (t, v) -> t.withDedupWindow(ms(v))),
        RETAIN("retain_ms", "retain", 0, 0, 366 * DAY, (t, v) -> t.withRetain(ms(v)));

        private final String key;
        private final String field;
        private final long byDefault;
        private final long lowest;
        private final long highest;
        private final JavaTopic java;

        OwnSetting(String key, String field, long byDefault, long lowest, long highest, JavaTopic java) {
            this.key = key;
            this.field = field;
            this.byDefault = byDefault;
            this.lowest = lowest;
            this.highest = highest;
            this.java = java;
        }

        String shown(long value) {
            return key.endsWith("_ms") ? ms(value).toString() : Long.toString(value);
        }
    }

    private interface JavaTopic {
        TopicSpec with(TopicSpec topic, long value);
    }

    private PgQueue queue;
    private Sql sql;
    private final String topic = "ranges" + names++;
    private final String name = topic + ".s";

    @BeforeEach
    void open(DataSource dataSource) throws SQLException {
        queue = PgQueue.builder(dataSource).maintenance(false).build();
        sql = new Sql(dataSource);
        queue.admin().createTopic(TopicSpec.of(topic));
    }

    @AfterEach
    void close() throws SQLException {
        queue.close();
        sql.close();
    }

    @Test
    void everySettingOfSqlIsHere() throws SQLException {
        List<Object> inSql = sql.column("select m[1] from pg_proc p, regexp_matches(p.prosrc, "
                + "'\\(''(\\w+)'',\\s+[0-9]', 'g') m where p.proname = 'check_settings'");
        List<String> here = new ArrayList<>(List.of("backoff_multiplier"));
        Arrays.stream(Setting.values()).forEach(setting -> here.add(setting.key));
        Arrays.stream(OwnSetting.values()).forEach(setting -> here.add(setting.key));
        assertThat(inSql).containsExactlyInAnyOrderElementsOf(here);
    }

    @Test
    void defaultsAreTheSameInJavaAndInSql() throws SQLException {
        sql.run("select pgqueue.create_subscription(?, ?)", topic, name);
        assertThat(queue.admin().subscription(topic, name).settings()).isEqualTo(SubscriptionSettings.DEFAULT);
        for (Setting setting : Setting.values()) {
            assertThat(stored(setting.key)).as(setting.key).isEqualTo(setting.byDefault);
        }
        assertThat(sql.value(
                        "select (settings ->> 'backoff_multiplier')::float8 from pgqueue.list_subscriptions(?)", topic))
                .isEqualTo(2.0);
        assertThat(sql.value(
                        "select concat_ws(' ', settings ->> 'on_expiry', settings ->> 'group_policy', settings ->> 'on_full') "
                                + "from pgqueue.list_subscriptions(?)",
                        topic))
                .isEqualTo("drop block fail");
        sql.run("select pgqueue.create_topic(?)", topic + "sql");
        for (String each : List.of(topic, topic + "sql")) {
            for (OwnSetting own : OwnSetting.values()) {
                assertThat(ownStored(each, own)).as(own.key).isEqualTo(own.byDefault);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theLowestAndTheHighestAreTaken(Setting setting) throws SQLException {
        queue.admin().createSubscription(SubscriptionSpec.of(topic, name));
        int subscription = sql.subscription(name);
        for (long value : new long[] {setting.lowest, setting.highest}) {
            SubscriptionSettings settings = setting.java.of(value);
            queue.admin().alterSubscription(topic, name, settings);
            assertThat(stored(setting.key)).isEqualTo(value);
            assertThat(queue.admin().subscription(topic, name).settings()).isEqualTo(settings);
            queue.admin().alterSubscription(topic, name, SubscriptionSettings.DEFAULT);
            assertThat(stored(setting.key)).as("back to the default").isEqualTo(setting.byDefault);
            sql.run("select pgqueue.alter_subscription(?, ?::jsonb)", subscription, setting.with(value));
            assertThat(queue.admin().subscription(topic, name).settings()).isEqualTo(settings);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsBeyondIsRefusedBeforeAnythingIsWritten(Setting setting) throws SQLException {
        queue.admin().createSubscription(SubscriptionSpec.of(topic, name));
        int subscription = sql.subscription(name);
        for (long value : new long[] {setting.lowest - 1, setting.highest + 1}) {
            assertThatThrownBy(() -> setting.java.of(value))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessage(
                            "%s is %s, must be %s to %s",
                            setting.field,
                            setting.shown(value),
                            setting.shown(setting.lowest),
                            setting.shown(setting.highest));
            refused(
                    setting.key + " is " + value + ", must be " + setting.lowest + " to " + setting.highest,
                    "select pgqueue.alter_subscription(" + subscription + ", '" + setting.with(value) + "')");
            refused(
                    setting.key + " is " + value,
                    "select pgqueue.create_subscription('" + topic + "', 'new', '" + setting.with(value) + "')");
        }
        List<String> wrong = new ArrayList<>(List.of("\"many\"", "true", "[1]", setting.lowest + ".5"));
        if (setting.byDefault != null) {
            wrong.add("null");
        }
        for (String value : wrong) {
            refused(
                    setting.key + " is " + value + ", must be a",
                    "select pgqueue.alter_subscription(" + subscription + ", '" + setting.with(value) + "')");
        }
        assertThat(queue.admin().subscriptions(topic, "")).containsExactly(SubscriptionSpec.of(topic, name));
    }

    @ParameterizedTest
    @EnumSource
    void theSameGoesForTopicsAndQueuesThemselves(OwnSetting own) throws SQLException {
        TopicSpec spec = TopicSpec.of(topic);
        for (long value : new long[] {own.lowest, own.highest}) {
            queue.admin().alterTopic(own.java.with(spec, value));
            assertThat(ownStored(topic, own)).isEqualTo(value);
            queue.admin().alterTopic(spec);
            assertThat(ownStored(topic, own)).isEqualTo(own.byDefault);
            sql.run("select pgqueue.alter_destination(?, ?::jsonb)", topic, "{\"" + own.key + "\":" + value + "}");
            assertThat(ownStored(topic, own)).isEqualTo(value);
        }
        for (long value : new long[] {own.lowest - 1, own.highest + 1}) {
            assertThatThrownBy(() -> own.java.with(spec, value))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessage(
                            "%s is %s, must be %s to %s",
                            own.field, own.shown(value), own.shown(own.lowest), own.shown(own.highest));
            String settings = "{\"" + own.key + "\":" + value + "}";
            String rule = own.key + " is " + value + ", must be " + own.lowest + " to " + own.highest;
            refused(rule, "select pgqueue.alter_destination('" + topic + "', '" + settings + "')");
            refused(rule, "select pgqueue.create_queue('" + topic + ".q', '" + settings + "')");
            refused(rule, "select pgqueue.create_topic('" + topic + ".t', '" + settings + "')");
        }
        refused(
                own.key + " is 5000.5",
                "select pgqueue.alter_destination('" + topic + "', '{\"" + own.key + "\":5000.5}')");
        assertThat(ownStored(topic, own)).isEqualTo(own.highest);
        assertThat(queue.admin().destinations(topic)).doesNotContain(topic + ".q", topic + ".t");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.99", "10.01", "-1"})
    void theMultiplierIsFrom1To10(String refused) throws SQLException {
        queue.admin().createSubscription(SubscriptionSpec.of(topic, name));
        int subscription = sql.subscription(name);
        for (String taken : List.of("1", "10", "1.25")) {
            SubscriptionSettings settings = multiplied(new BigDecimal(taken).doubleValue());
            queue.admin().alterSubscription(topic, name, settings);
            assertThat(queue.admin().subscription(topic, name).settings()).isEqualTo(settings);
            queue.admin().alterSubscription(topic, name, SubscriptionSettings.DEFAULT);
            sql.run(
                    "select pgqueue.alter_subscription(?, ?::jsonb)",
                    subscription,
                    "{\"backoff_multiplier\":" + taken + "}");
            assertThat(queue.admin().subscription(topic, name).settings()).isEqualTo(settings);
        }
        assertThatThrownBy(() -> multiplied(new BigDecimal(refused).doubleValue()))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageStartingWith("multiplier is " + Double.parseDouble(refused) + ", must be 1 to 10");
        refused(
                "backoff_multiplier is " + refused + ", must be 1 to 10",
                "select pgqueue.alter_subscription(" + subscription + ", '{\"backoff_multiplier\":" + refused + "}')");
    }

    /** Also against the one that is there already. */
    @Test
    void aBackoffAboveTheLongestIsRefused() throws SQLException {
        queue.admin().createSubscription(SubscriptionSpec.of(topic, name));
        int subscription = sql.subscription(name);
        refused(
                "backoff_base_ms is 300001, must be at most backoff_max_ms, which is 300000",
                "select pgqueue.alter_subscription(" + subscription + ", '{\"backoff_base_ms\":300001}')");
        refused(
                "backoff_base_ms is 1000, must be at most backoff_max_ms, which is 999",
                "select pgqueue.alter_subscription(" + subscription + ", '{\"backoff_max_ms\":999}')");
        assertThatThrownBy(() -> RETRIES.withBackoff(ms(1001), 2, ms(1000)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessage("maxBackoff is PT1S, must be PT1.001S to PT24H");
    }

    /** Nothing that was meant is left out without a word. */
    @Test
    void settingsOfAnotherPlaceAndWhatIsNoObjectAreRefused() throws SQLException {
        queue.admin().createSubscription(SubscriptionSpec.of(topic, name));
        int subscription = sql.subscription(name);
        for (OwnSetting own : OwnSetting.values()) {
            String settings = "'{\"" + own.key + "\":" + own.lowest + "}'";
            for (String call : List.of(
                    "create_subscription('" + topic + "', 'new', " + settings + ")",
                    "alter_subscription(" + subscription + ", " + settings + ")",
                    "change_filter(" + subscription + ", " + settings + ", 'keep')")) {
                refused(
                        "settings is {\"" + own.key + "\": " + own.lowest + "}, must be without",
                        "select pgqueue." + call);
            }
        }
        refused(
                "settings is {\"lease_ms\": 1000}",
                "select pgqueue.alter_destination('" + topic + "', '{\"lease_ms\":1000}')");
        for (String none : List.of("[1]", "5", "\"x\"")) {
            for (String call : List.of(
                    "create_queue('" + topic + ".q', '%s')",
                    "create_topic('" + topic + ".t', '%s')",
                    "create_subscription('" + topic + "', 'new', '%s')",
                    "alter_subscription(" + subscription + ", '%s')",
                    "change_filter(" + subscription + ", '%s', 'keep')",
                    "alter_destination('" + topic + "', '%s')")) {
                refused("settings is ", "select pgqueue." + call.formatted(none));
            }
        }
    }

    private void refused(String message, String call) {
        PSQLException error = catchThrowableOfType(PSQLException.class, () -> sql.run(call));
        assertThat((Throwable) error).as(call).isNotNull();
        assertThat(error.getSQLState()).as("%s: %s", call, error.getMessage()).isEqualTo("PQ002");
        ServerErrorMessage told = error.getServerErrorMessage();
        assertThat(told).isNotNull();
        assertThat(told.getMessage()).as(call).startsWith(message);
        assertThat(told.getHint()).as(call).isNotBlank();
    }

    private @Nullable Long stored(String key) throws SQLException {
        return (Long) sql.value(
                "select (settings ->> ?)::bigint from pgqueue.list_subscriptions(?) where name = ?", key, topic, name);
    }

    private long ownStored(String destination, OwnSetting own) throws SQLException {
        return sql.number("select coalesce(" + own.key + ", 0) from pgqueue.destination where name = ?", destination);
    }

    private static SubscriptionSettings retries(RedeliveryPolicy policy) {
        return SETTINGS.withRedelivery(policy);
    }

    private static SubscriptionSettings multiplied(double multiplier) {
        return retries(RETRIES.withBackoff(ms(1000), multiplier, ms(300_000)));
    }

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }
}
