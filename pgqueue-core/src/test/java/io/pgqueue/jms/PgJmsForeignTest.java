// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.BytesMessage;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import jakarta.jms.ObjectMessage;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import java.util.Collections;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Messages of other providers: Jakarta Messaging 3.1, sections 3.4.11 and 3.12. */
class PgJmsForeignTest {

    private static final PgJmsCodec CODEC = Transport.codec(Integer.class);

    private static PgJmsMessage arrived(Message foreign) throws Exception {
        PgJmsSend send = CODEC.send(foreign, Transport.QUEUE, PgJmsSendOptions.DEFAULT);
        return CODEC.receive(Transport.delivery(send.content(), 1), Transport.QUEUE);
    }

    @Test
    void aTextMessage() throws Exception {
        Message foreign = ForeignMessages.of(TextMessage.class, new PgJmsTextMessage("a"));
        assertThat(((TextMessage) arrived(foreign)).getText()).isEqualTo("a");
        Message empty = ForeignMessages.of(TextMessage.class, new PgJmsTextMessage(null));
        assertThat(((TextMessage) arrived(empty)).getText()).isNull();
    }

    @Test
    void aBytesMessageInWriteAndInReadMode() throws Exception {
        byte[] bytes = new byte[20_000];
        java.util.Arrays.fill(bytes, (byte) 7);
        PgJmsBytesMessage inside = new PgJmsBytesMessage();
        inside.writeBytes(bytes);
        BytesMessage foreign = ForeignMessages.of(BytesMessage.class, inside);
        assertThat(arrived(foreign).getBody(byte[].class)).isEqualTo(bytes);
        foreign.readInt();
        assertThat(arrived(foreign).getBody(byte[].class)).isEqualTo(bytes);
        assertThat(arrived(ForeignMessages.of(BytesMessage.class, new PgJmsBytesMessage()))
                        .hasNoBody())
                .isTrue();
    }

    @Test
    void aMapMessage() throws Exception {
        PgJmsMapMessage inside = new PgJmsMapMessage();
        inside.setChar("c", 'c');
        inside.setBytes("b", new byte[] {1});
        inside.setObject("n", null);
        MapMessage arrived = (MapMessage) arrived(ForeignMessages.of(MapMessage.class, inside));
        assertThat(arrived.getObject("c")).isEqualTo('c');
        assertThat(arrived.getBytes("b")).containsExactly(1);
        assertThat(arrived.itemExists("n")).isTrue();
    }

    @Test
    void aStreamMessage() throws Exception {
        PgJmsStreamMessage inside = new PgJmsStreamMessage();
        inside.writeShort((short) 1);
        inside.writeObject(null);
        inside.writeBytes(new byte[] {2});
        StreamMessage arrived = (StreamMessage) arrived(ForeignMessages.of(StreamMessage.class, inside));
        assertThat(arrived.readObject()).isEqualTo((short) 1);
        assertThat(arrived.readObject()).isNull();
        assertThat((byte[]) arrived.readObject()).containsExactly(2);
    }

    @Test
    void anObjectMessageWhenItsClassesAreAllowed() throws Exception {
        PgJmsObjectMessage inside = new PgJmsObjectMessage(null, Transport.allowing(Integer.class, Long.class));
        inside.setObject(7);
        assertThat(((ObjectMessage) arrived(ForeignMessages.of(ObjectMessage.class, inside))).getObject())
                .isEqualTo(7);
        inside.setObject(7L);
        assertThatThrownBy(() -> arrived(ForeignMessages.of(ObjectMessage.class, inside)))
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("java.lang.Long");
    }

    @Test
    void aMessageWithoutBody() throws Exception {
        PgJmsMessage arrived = arrived(ForeignMessages.of(Message.class, new PgJmsMessage()));
        assertThat(arrived.getClass()).isEqualTo(PgJmsMessage.class);
        assertThat(arrived.getBody(String.class)).isNull();
    }

    @Test
    void section_3_12_propertiesAndTheSendersHeadersCome() throws Exception {
        PgJmsTextMessage inside = new PgJmsTextMessage("a");
        inside.properties().receive("p", (byte) 1);
        inside.properties().receive("JMSXGroupID", "g");
        inside.properties().receive("JMSXDeliveryCount", 4);
        inside.properties().receive("JMS_ACME_Redelivery", "theirs");
        inside.properties().receive("JMSAcmeHeader", "theirs");
        inside.setJMSCorrelationID("c");
        inside.setJMSType("t");
        inside.setJMSReplyTo(ForeignMessages.of(jakarta.jms.Topic.class, new PgJmsTopic("answers")));
        PgJmsMessage arrived = arrived(ForeignMessages.of(TextMessage.class, inside));
        assertThat(Collections.list(arrived.getPropertyNames()))
                .containsExactlyInAnyOrder("p", "JMSXGroupID", "JMS_ACME_Redelivery", "JMSXDeliveryCount");
        assertThat(arrived.getObjectProperty("p")).isEqualTo((byte) 1);
        assertThat(arrived.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        assertThat(arrived.getJMSCorrelationID()).isEqualTo("c");
        assertThat(arrived.getJMSType()).isEqualTo("t");
        assertThat(arrived.getJMSReplyTo()).isEqualTo(new PgJmsTopic("answers"));
    }

    @Test
    void section_3_4_11_theHeadersAreSetOnTheForeignObject() throws Exception {
        Set<String> called = ForeignMessages.calls();
        TextMessage foreign = ForeignMessages.recordingSetters(TextMessage.class, new PgJmsTextMessage("a"), called);
        PgJmsSend send = Transport.send(foreign, PgJmsSendOptions.DEFAULT.withPriority(8));
        assertThat(called)
                .containsExactlyInAnyOrder(
                        "setJMSDestination",
                        "setJMSDeliveryMode",
                        "setJMSPriority",
                        "setJMSMessageID",
                        "setJMSTimestamp",
                        "setJMSExpiration",
                        "setJMSDeliveryTime");
        assertThat(foreign.getJMSMessageID()).isEqualTo("ID:" + send.messageId());
        assertThat(foreign.getJMSDestination()).isEqualTo(Transport.QUEUE);
        assertThat(foreign.getJMSPriority()).isEqualTo(8);
    }

    @Test
    void jms2_instructionsOfTheSenderAreHeeded() throws Exception {
        PgJmsTextMessage inside = new PgJmsTextMessage("{}");
        inside.setStringProperty("JMS_PGQ_ContentType", "application/json");
        PgJmsSend send = Transport.send(ForeignMessages.of(TextMessage.class, inside));
        assertThat(send.content().contentType()).isEqualTo("application/json");
    }
}
