// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import java.util.Set;

/**
 * Names of properties that mean something to us. Headers without a column of their own travel as properties, and only when
 * they differ from what a receiver assumes without them; the receiver takes them out again.
 */
final class PgJmsHeaders {

    /** Set by the sender (section 3.5.9). */
    static final String GROUP_ID = "JMSXGroupID";

    static final String GROUP_SEQ = "JMSXGroupSeq";

    /** Set when a message is received (section 3.5.11). */
    static final String DELIVERY_COUNT = "JMSXDeliveryCount";

    /** Set by the sender: delivery time, a long in ms since 1970, instead of the producer's delay. Used up by sending. */
    static final String DELIVER_AT = "JMS_PGQ_DeliverAt";

    /** Media type of a text or bytes message that is not the usual one; becomes the content type when sent. */
    static final String CONTENT_TYPE = "JMS_PGQ_ContentType";

    /** Set by the sender: of messages with the same one only the first is published. Used up by sending. */
    static final String DEDUP_ID = "JMS_PGQ_DedupId";

    /** Set by the sender: at most one message with the same one waits. Used up by sending. */
    static final String REPLACE_KEY = "JMS_PGQ_ReplaceKey";

    /** Set by the sender: which one waits, {@code replace}, {@code keep-time} or {@code skip}. Used up by sending. */
    static final String REPLACE_MODE = "JMS_PGQ_ReplaceMode";

    static final String EXPIRATION = "JMS_PGQ_Expiration";
    static final String DELIVERY_TIME = "JMS_PGQ_DeliveryTime";
    static final String DELIVERY_MODE = "JMS_PGQ_DeliveryMode";
    static final String REPLY_TO_KIND = "JMS_PGQ_ReplyToKind";
    static final String CORRELATION_BYTES = "JMS_PGQ_CorrelationBytes";
    static final String NO_MESSAGE_ID = "JMS_PGQ_NoMessageID";
    static final String NO_TIMESTAMP = "JMS_PGQ_NoTimestamp";

    /** Names of the properties that are null, separated by commas: a selector must not take them for something. */
    static final String NULLS = "JMS_PGQ_Nulls";

    /** What names of properties that tell of a death begin with. */
    static final String OF_DEATH = "JMS_PGQ_Dead";

    private static final Set<String> INSTRUCTIONS =
            Set.of(DELIVER_AT, CONTENT_TYPE, DEDUP_ID, REPLACE_KEY, REPLACE_MODE);

    private static final Set<String> TRAVELLING = Set.of(
            EXPIRATION,
            DELIVERY_TIME,
            DELIVERY_MODE,
            REPLY_TO_KIND,
            CORRELATION_BYTES,
            NO_MESSAGE_ID,
            NO_TIMESTAMP,
            NULLS);

    /** Of the specification's names those that a provider sets (section 3.5.9). */
    private static final Set<String> PROVIDER = Set.of(
            DELIVERY_COUNT,
            "JMSXRcvTimestamp",
            "JMSXState",
            "JMSXProducerTXID",
            "JMSXConsumerTXID",
            "JMSXAppID",
            "JMSXUserID");

    private PgJmsHeaders() {}

    /** A header in the clothes of a property: no application sees it, none can forge it. */
    static boolean isTravelling(String property) {
        return TRAVELLING.contains(property);
    }

    /** Left out when sent, instead of refused, so that a received message can be forwarded as it is. */
    static boolean isProviderOnly(String property) {
        return PROVIDER.contains(property) || isTravelling(property) || isOfDeath(property);
    }

    /** Why and when it became a dead letter. */
    static boolean isOfDeath(String property) {
        return property.startsWith(OF_DEATH);
    }

    /**
     * Becomes something else than a property when sent. None but the content type comes back on receiving, or a message
     * that is forwarded would be taken for a duplicate of itself.
     */
    static boolean isInstruction(String property) {
        return INSTRUCTIONS.contains(property);
    }

    /** The specification keeps the other names that begin so for its header fields (section 3.5.7). */
    static boolean isHeaderField(String name) {
        return name.startsWith("JMS") && !name.startsWith("JMSX") && !name.startsWith("JMS_");
    }
}
