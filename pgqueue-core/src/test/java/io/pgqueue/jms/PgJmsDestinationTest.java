// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.jms.PgJmsDestination.Kind;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.Topic;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;

/** Jakarta Messaging 3.1, sections 3.4.1 and 6.2.2. */
class PgJmsDestinationTest {

    @ParameterizedTest
    @EnumSource
    void equalsByKindAndName(Kind kind) {
        PgJmsDestination destination = PgJmsDestination.of(kind, "a");
        assertThat(destination.kind()).isEqualTo(kind);
        assertThat(destination)
                .isEqualTo(PgJmsDestination.of(kind, "a"))
                .hasSameHashCodeAs(PgJmsDestination.of(kind, "a"))
                .isNotEqualTo(PgJmsDestination.of(kind, "A"));
        assertThat(Kind.of(kind.word())).isEqualTo(kind);
    }

    @Test
    void kindsOfOneNameAreFourDestinations() {
        Set<PgJmsDestination> all = new HashSet<>();
        Arrays.stream(Kind.values()).forEach(kind -> all.add(PgJmsDestination.of(kind, "a")));
        assertThat(all).hasSize(4);
        assertThat(all.stream().map(Object::toString))
                .containsExactlyInAnyOrder("queue a", "topic a", "temporary-queue a", "temporary-topic a");
    }

    @ParameterizedTest
    @NullAndEmptySource
    void aNameMustBeGiven(String name) {
        assertThatThrownBy(() -> new PgJmsQueue(name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PgJmsTopic(name)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void foreignOnesBecomeOursOfTheSameKind() throws Exception {
        assertThat(PgJmsDestination.of(ForeignMessages.of(Queue.class, new PgJmsQueue("a"))))
                .isEqualTo(new PgJmsQueue("a"));
        assertThat(PgJmsDestination.of(ForeignMessages.of(Topic.class, new PgJmsTopic("a"))))
                .isEqualTo(new PgJmsTopic("a"));
        assertThat(PgJmsDestination.of(ForeignMessages.of(
                        TemporaryQueue.class, (TemporaryQueue) PgJmsDestination.of(Kind.TEMPORARY_QUEUE, "a"))))
                .isEqualTo(PgJmsDestination.of(Kind.TEMPORARY_QUEUE, "a"));
        assertThat(PgJmsDestination.of(ForeignMessages.of(
                        TemporaryTopic.class, (TemporaryTopic) PgJmsDestination.of(Kind.TEMPORARY_TOPIC, "a"))))
                .isEqualTo(PgJmsDestination.of(Kind.TEMPORARY_TOPIC, "a"));
        assertThat(PgJmsDestination.of(new Destination() {})).isNull();
        assertThat(PgJmsDestination.of(null)).isNull();
    }

    @Test
    void onlyTheMakerOfATemporaryOneDeletesIt() throws Exception {
        Set<PgJmsDestination> deleted = new HashSet<>();
        PgJmsTemporaryQueue own = new PgJmsTemporaryQueue("t", deleted::add);
        own.delete();
        assertThat(deleted).containsExactly(own);
        TemporaryTopic received = (TemporaryTopic) PgJmsDestination.of(Kind.TEMPORARY_TOPIC, "t");
        assertThatThrownBy(received::delete).isInstanceOf(JMSException.class).hasMessageContaining("temporary-topic t");
    }

    @ParameterizedTest
    @EnumSource
    void survivesSerialization(Kind kind) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(PgJmsDestination.of(kind, "a"));
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            Object copy = in.readObject();
            assertThat(copy).isEqualTo(PgJmsDestination.of(kind, "a"));
            if (copy instanceof TemporaryQueue temporary) {
                assertThatThrownBy(temporary::delete).isInstanceOf(JMSException.class);
            }
        }
    }
}
