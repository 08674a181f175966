// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import java.util.Set;

/**
 * Names of the headers that are not properties of the application, for {@code @Header} and for the headers of
 * {@link PgOperations#convertAndSend(String, Object, java.util.Map)}. Names beginning with {@code pgqueue_} are reserved;
 * the media type of the body is {@link org.springframework.messaging.MessageHeaders#CONTENT_TYPE}.
 */
public final class PgHeaders {

    /** What reserved names begin with. */
    public static final String PREFIX = "pgqueue_";

    /** Id of the message, {@link java.util.UUID}; may be given when sending. A received message that is sent on gets a new one. */
    public static final String MESSAGE_ID = PREFIX + "messageId";

    /** 0 to 9, {@link Integer}; may be given when sending. */
    public static final String PRIORITY = PREFIX + "priority";

    /** Group that is delivered in order, {@link String}; may be given when sending. */
    public static final String GROUP = PREFIX + "group";

    /** {@link String}; may be given when sending. */
    public static final String CORRELATION_ID = PREFIX + "correlationId";

    /** Name of the destination for answers, {@link String}; may be given when sending. */
    public static final String REPLY_TO = PREFIX + "replyTo";

    /** The application's word for the kind of message, {@link String}; may be given when sending. */
    public static final String TYPE = PREFIX + "type";

    /** {@link java.time.Duration}, only when sending: not delivered before it has passed. */
    public static final String DELAY = PREFIX + "delay";

    /** {@link java.time.Instant}, only when sending: not delivered before. */
    public static final String DELIVER_AT = PREFIX + "deliverAt";

    /** {@link java.time.Duration}, only when sending: not delivered after it has passed. */
    public static final String TIME_TO_LIVE = PREFIX + "timeToLive";

    /** {@link String}, only when sending: a second message with it within the destination's window is not stored. */
    public static final String DEDUP_KEY = PREFIX + "dedupKey";

    /** {@link String}, only when sending: takes the place of a waiting message that has the same. */
    public static final String REPLACE_KEY = PREFIX + "replaceKey";

    /** {@link io.pgqueue.ReplaceMode}, only when sending and with {@link #REPLACE_KEY}; default REPLACE. */
    public static final String REPLACE_MODE = PREFIX + "replaceMode";

    /** Queue or topic it was sent to, {@link String}; only received. */
    public static final String DESTINATION = PREFIX + "destination";

    /** Subscription, for a queue the queue's name, {@link String}; only received. */
    public static final String SUBSCRIPTION = PREFIX + "subscription";

    /** How often it was handed out, this time included, {@link Integer}; only received. */
    public static final String ATTEMPTS = PREFIX + "attempts";

    /** How often it was brought back from the dead letters, {@link Integer}; only received. */
    public static final String REPLAYS = PREFIX + "replays";

    /** Time of the publish call by the database's clock, {@link java.time.Instant}; only received. */
    public static final String SENT_AT = PREFIX + "sentAt";

    /** When it stops being delivered, {@link java.time.Instant}, absent for never; only received. */
    public static final String EXPIRES_AT = PREFIX + "expiresAt";

    /** Left out when a received message is sent on. */
    static final Set<String> ONLY_RECEIVED = Set.of(DESTINATION, SUBSCRIPTION, ATTEMPTS, REPLAYS, SENT_AT, EXPIRES_AT);

    private PgHeaders() {}
}
