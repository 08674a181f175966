// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message to publish: body, properties and headers. Checked when it is built, so a bad one is refused before a
 * transaction is touched. Immutable and safe for use by several threads, as long as the body array given is not changed.
 */
public final class OutgoingMessage {

    private final Builder values;

    private OutgoingMessage(Builder values) {
        this.values = values;
    }

    /** Text, stored as UTF-8. */
    public static Builder text(String text) {
        return new Builder(text.getBytes(StandardCharsets.UTF_8)).contentType("text/plain");
    }

    /**
     * A JSON document of at most 64 levels, stored as UTF-8; not parsed, so body filters of subscriptions see no match if it is
     * not JSON.
     */
    public static Builder json(String json) {
        return new Builder(json.getBytes(StandardCharsets.UTF_8)).contentType("application/json");
    }

    /** Bytes that only the application understands; the array is not copied. */
    public static Builder bytes(byte[] body) {
        return new Builder(body).contentType("application/octet-stream");
    }

    /** Properties and headers only. */
    public static Builder empty() {
        return new Builder((byte @Nullable []) null);
    }

    /** A builder with everything this message has. */
    public Builder toBuilder() {
        return new Builder(values);
    }

    /** The id given, else null: then publishing makes one. */
    public @Nullable UUID messageId() {
        return values.messageId;
    }

    /** The array given, null when there is no body. */
    public byte @Nullable [] body() {
        return values.body;
    }

    /** Media type of the body; null when there is none. */
    public @Nullable String contentType() {
        return values.contentType;
    }

    /** Unmodifiable, in the order in which they were set. */
    public Map<String, Object> properties() {
        return values.properties;
    }

    /** 0 to 9, higher first. */
    public int priority() {
        return values.priority;
    }

    /** Counted from the publish call; null for ever. */
    public @Nullable Duration timeToLive() {
        return values.timeToLive;
    }

    /** Counted from the publish call; null for none. */
    public @Nullable Duration delay() {
        return values.delay;
    }

    /** Null for at once. */
    public @Nullable Instant deliverAt() {
        return values.deliverAt;
    }

    /** Group that is delivered in order; null for none. */
    public @Nullable String group() {
        return values.group;
    }

    /** What this message answers or belongs to; null for nothing. */
    public @Nullable String correlationId() {
        return values.correlationId;
    }

    /** Name of the destination that answers go to; null for none. */
    public @Nullable String replyTo() {
        return values.replyTo;
    }

    /** The application's word for the kind of message; null for none. */
    public @Nullable String type() {
        return values.type;
    }

    /** Of messages with the same one, sent to the same destination within its window, only the first is published. */
    public @Nullable String dedupKey() {
        return values.dedupKey;
    }

    /** Of messages with the same one, at most one waits in a subscription. */
    public @Nullable String replaceKey() {
        return values.replaceKey;
    }

    /** What happens to a message with the same {@link #replaceKey} that waits. */
    public ReplaceMode replaceMode() {
        return values.replaceMode;
    }

    /** Who sends it, by the marks that subscriptions without their own messages look for; usually empty. */
    public Set<String> origin() {
        return values.origin;
    }

    /** Size of the body; 0 when there is none. */
    public int bodyBytes() {
        return values.body == null ? 0 : values.body.length;
    }

    /** Sizes only: bodies and values do not belong into logs. */
    @Override
    public String toString() {
        return "OutgoingMessage[" + bodyBytes() + " bytes, " + values.properties.size() + " properties]";
    }

    /** Not safe for use by several threads. */
    public static final class Builder {

        private final byte @Nullable [] body;
        private Map<String, Object> properties = Map.of();
        private @Nullable UUID messageId;
        private @Nullable String contentType;
        private int priority = 4;
        private @Nullable Duration timeToLive;
        private @Nullable Duration delay;
        private @Nullable Instant deliverAt;
        private @Nullable String group;
        private @Nullable String correlationId;
        private @Nullable String replyTo;
        private @Nullable String type;
        private Set<String> origin = Set.of();
        private @Nullable String dedupKey;
        private @Nullable String replaceKey;
        private ReplaceMode replaceMode = ReplaceMode.REPLACE;
        private boolean mayExpireUnseen;

        /** A message that is built from another one, to be sent later or again, is not read once more. */
        private boolean depthChecked;

        private Builder(byte @Nullable [] body) {
            this.body = body;
        }

        private Builder(Builder other) {
            this.body = other.body;
            this.properties = other.properties;
            this.messageId = other.messageId;
            this.contentType = other.contentType;
            this.priority = other.priority;
            this.timeToLive = other.timeToLive;
            this.delay = other.delay;
            this.deliverAt = other.deliverAt;
            this.group = other.group;
            this.correlationId = other.correlationId;
            this.replyTo = other.replyTo;
            this.type = other.type;
            this.origin = other.origin;
            this.dedupKey = other.dedupKey;
            this.replaceKey = other.replaceKey;
            this.replaceMode = other.replaceMode;
            this.mayExpireUnseen = other.mayExpireUnseen;
            this.depthChecked = other.depthChecked;
        }

        /** Known before the insert; not a uniqueness rule. Default: a UUID of version 7. */
        public Builder messageId(UUID id) {
            this.messageId = id;
            return this;
        }

        /** What the body is, as a media type; at most 255 characters. */
        public Builder contentType(String contentType) {
            this.contentType = contentType;
            this.depthChecked = false;
            return this;
        }

        /** One more property: Boolean, Byte, Short, Integer, Long, Float, Double or String, kept with that exact type. */
        public Builder property(String name, Object value) {
            Map<String, Object> more = new LinkedHashMap<>(properties);
            more.put(name, value);
            this.properties = more;
            return this;
        }

        /** Replaces all properties. */
        public Builder properties(Map<String, ?> properties) {
            this.properties = new LinkedHashMap<>(properties);
            return this;
        }

        /** 0 to 9, higher first; default 4. */
        public Builder priority(int priority) {
            this.priority = priority;
            return this;
        }

        /** Counted from the publish call; zero means for ever, which is the default. */
        public Builder timeToLive(Duration timeToLive) {
            this.timeToLive = timeToLive.isZero() ? null : timeToLive;
            return this;
        }

        /** Not delivered before this has passed since the publish call; at most 366 days. */
        public Builder delay(Duration delay) {
            this.delay = delay.isZero() ? null : delay;
            return this;
        }

        /** Not delivered before this time of the database's clock; a past time means now. */
        public Builder deliverAt(Instant time) {
            this.deliverAt = time;
            return this;
        }

        /** Messages of one group are delivered in order, one at a time; at most 255 characters. */
        public Builder group(@Nullable String group) {
            this.group = group;
            return this;
        }

        /** What the message answers or belongs to; at most 255 characters. */
        public Builder correlationId(@Nullable String correlationId) {
            this.correlationId = correlationId;
            return this;
        }

        /** Name of the destination that answers go to; at most 255 characters. */
        public Builder replyTo(@Nullable String destination) {
            this.replyTo = destination;
            return this;
        }

        /** Application's word for the kind of message (JMSType); at most 255 characters. */
        public Builder type(@Nullable String type) {
            this.type = type;
            return this;
        }

        /**
         * Makes repeating a publish safe: while the destination's window lasts, a further message with this key is not
         * published, and the result carries the id of the first one and {@code duplicate}. A sender waits for an open
         * transaction that has published the key; when that rolls back, the key is free. 1 to 255 characters.
         */
        public Builder dedupKey(@Nullable String key) {
            this.dedupKey = key;
            return this;
        }

        /** Replaces a message with this key that waits, {@link ReplaceMode#REPLACE}. 1 to 255 characters. */
        public Builder replaceKey(@Nullable String key) {
            return replaceKey(key, ReplaceMode.REPLACE);
        }

        /**
         * At most one message with this key waits in a subscription; which one, the mode says. One that is being handled is
         * not touched, and the new one is added.
         */
        public Builder replaceKey(@Nullable String key, ReplaceMode mode) {
            this.replaceKey = key;
            this.replaceMode = mode;
            return this;
        }

        /** Accepts a time to live that is over before the delay is: Jakarta Messaging does, and the message expires unseen. */
        public Builder mayExpireUnseen() {
            this.mayExpireUnseen = true;
            return this;
        }

        /** Marks of the sender, of which subscriptions with noLocal know their own messages; default none. */
        public Builder origin(Set<String> marks) {
            this.origin = Set.copyOf(marks);
            return this;
        }

        /**
         * @throws InvalidArgumentException if a value is out of range or two exclude each other
         * @throws MessageTooLargeException if the body is above 64 MiB, there are more than 100 properties, or the content type
         *     says JSON and the body nests deeper than 64 levels
         */
        public OutgoingMessage build() {
            Builder checked = new Builder(this);
            checked.properties = PropertyRules.check(properties);
            Limits.between("priority", priority, 0, 9);
            Limits.header("group", group);
            Limits.header("correlationId", correlationId);
            Limits.header("replyTo", replyTo);
            Limits.header("type", type);
            Limits.header("contentType", contentType);
            Limits.key("dedupKey", dedupKey);
            Limits.key("replaceKey", replaceKey);
            if (body != null && body.length > Limits.HARD_BODY_BYTES) {
                throw new MessageTooLargeException(
                        "The body has " + body.length + " bytes, no destination takes more than "
                                + Limits.HARD_BODY_BYTES + "; send a reference to data kept elsewhere");
            }
            if (body != null && !depthChecked) {
                JsonDepth.check(body, contentType);
                checked.depthChecked = true;
            }
            checkTimes();
            return new OutgoingMessage(checked);
        }

        private void checkTimes() {
            if (delay != null && deliverAt != null) {
                throw Limits.invalid("delay", delay.toString(), "absent when deliverAt is given");
            }
            if (delay != null) {
                Limits.between("delay", delay, Duration.ZERO, Limits.LONGEST_DELAY);
            }
            if (timeToLive != null && timeToLive.isNegative()) {
                throw Limits.invalid("timeToLive", timeToLive.toString(), "zero (for ever) or positive");
            }
            if (timeToLive != null && delay != null && !mayExpireUnseen && timeToLive.compareTo(delay) <= 0) {
                throw Limits.invalid("timeToLive", timeToLive.toString(), "longer than the delay, which is " + delay);
            }
        }
    }
}
