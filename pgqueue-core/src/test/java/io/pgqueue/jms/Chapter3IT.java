// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.OutgoingMessage;
import io.pgqueue.PgQueueException;
import io.pgqueue.PublishResult;
import io.pgqueue.QueueSpec;
import io.pgqueue.SubscriptionSpec;
import io.pgqueue.TopicSpec;
import io.pgqueue.client.PgQueue;
import io.pgqueue.client.Receiver;
import io.pgqueue.client.ReceiverOptions;
import io.pgqueue.testing.MigratedSchema;
import io.pgqueue.testing.PostgresTest;
import jakarta.jms.DeliveryMode;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageFormatException;
import jakarta.jms.Queue;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages (Jakarta Messaging 3.1, chapter 3) through the database, and between JMS and everybody else. */
@PostgresTest(template = MigratedSchema.class)
class Chapter3IT {

    private static final Duration LONG = Duration.ofSeconds(10);
    private static final PgJmsCodec CODEC = Transport.codec(ArrayList.class, Integer.class);

    private DataSource dataSource;
    private PgQueue queue;
    private Receiver receiver;

    @BeforeEach
    void open(DataSource dataSource) {
        this.dataSource = dataSource;
        queue = PgQueue.builder(dataSource).build();
        queue.admin().declareQueue(QueueSpec.of("orders"));
        receiver = queue.receiver("orders");
    }

    @AfterEach
    void close() {
        queue.close();
    }

    private PgJmsMessage roundTrip(Message message, PgJmsSendOptions options) throws Exception {
        publish(CODEC.send(message, Transport.QUEUE, options));
        return receive();
    }

    private void publish(PgJmsSend send) {
        queue.publish(send.destination().name(), send.message(System.nanoTime()));
    }

    private PgJmsMessage receive() throws Exception {
        Delivery delivery = receiver.receive(1, LONG).get(0);
        queue.ack(delivery);
        return CODEC.receive(delivery, Transport.QUEUE);
    }

    @Test
    void section_3_4_headersAreTheSameOnBothSides() throws Exception {
        PgJmsMessage message = new PgJmsMessage();
        message.setJMSType("t");
        message.setJMSCorrelationIDAsBytes(new byte[] {-1, 0});
        message.setJMSReplyTo(PgJmsDestination.of(PgJmsDestination.Kind.TEMPORARY_TOPIC, "answers"));
        message.setStringProperty("JMSXGroupID", "g");
        message.setIntProperty("JMSXGroupSeq", 1);
        PgJmsSendOptions options = PgJmsSendOptions.DEFAULT
                .withPriority(9)
                .withDeliveryMode(DeliveryMode.NON_PERSISTENT)
                .withTimeToLive(60_000)
                .withDeliveryDelay(20);
        PgJmsMessage received = roundTrip(message, options);
        assertThat(received.getJMSMessageID()).isEqualTo(message.getJMSMessageID());
        assertThat(received.getJMSTimestamp()).isEqualTo(message.getJMSTimestamp());
        assertThat(received.getJMSExpiration()).isEqualTo(message.getJMSTimestamp() + 60_000);
        assertThat(received.getJMSDeliveryTime()).isEqualTo(message.getJMSTimestamp() + 20);
        assertThat(received.getJMSDeliveryMode()).isEqualTo(DeliveryMode.NON_PERSISTENT);
        assertThat(received.getJMSPriority()).isEqualTo(9);
        assertThat(received.getJMSType()).isEqualTo("t");
        assertThat(received.getJMSCorrelationIDAsBytes()).containsExactly(-1, 0);
        assertThat(received.getJMSReplyTo()).isEqualTo(message.getJMSReplyTo());
        assertThat(received.getJMSDestination()).isEqualTo(Transport.QUEUE);
        assertThat(received.getStringProperty("JMSXGroupID")).isEqualTo("g");
        assertThat(Collections.list(received.getPropertyNames()))
                .containsExactlyInAnyOrder("JMSXGroupID", "JMSXGroupSeq", "JMSXDeliveryCount");
        assertThat(received.getBody(String.class)).isNull();
    }

    static List<Object> propertyValues() {
        return PgJmsPropertiesTest.values();
    }

    @ParameterizedTest
    @MethodSource("propertyValues")
    void section_3_5_propertiesKeepTypeAndValue(Object value) throws Exception {
        PgJmsMessage message = new PgJmsMessage();
        message.setObjectProperty("p", value);
        assertThat(roundTrip(message, PgJmsSendOptions.DEFAULT).getObjectProperty("p"))
                .isEqualTo(value);
    }

    @Test
    void section_3_11_everyKindOfBodyComesBack() throws Exception {
        PgJmsSendOptions options = PgJmsSendOptions.DEFAULT;
        String text = "\0\uD800€" + "ä".repeat(1_048_576);
        assertThat(roundTrip(new PgJmsTextMessage(text), options).getBody(String.class))
                .isEqualTo(text);
        String usual = "€".repeat(1_048_576);
        assertThat(roundTrip(new PgJmsTextMessage(usual), options).getBody(String.class))
                .isEqualTo(usual);
        assertThat(roundTrip(new PgJmsTextMessage(""), options).getBody(String.class))
                .isEmpty();
        assertThat(((PgJmsTextMessage) roundTrip(new PgJmsTextMessage(null), options)).getText())
                .isNull();

        PgJmsBytesMessage bytes = new PgJmsBytesMessage();
        assertThat(((PgJmsBytesMessage) roundTrip(bytes, options)).getBodyLength())
                .isZero();
        bytes.writeBytes(new byte[] {0, -1});
        assertThat(roundTrip(bytes, options).getBody(byte[].class)).containsExactly(0, -1);

        PgJmsMapMessage map = new PgJmsMapMessage();
        assertThat(((PgJmsMapMessage) roundTrip(map, options)).hasNoBody()).isTrue();
        map.setString("k\0", text);
        assertThat(((PgJmsMapMessage) roundTrip(map, options)).getString("k\0")).isEqualTo(text);

        PgJmsStreamMessage stream = new PgJmsStreamMessage();
        stream.writeFloat(Float.NaN);
        assertThat(((PgJmsStreamMessage) roundTrip(stream, options)).readFloat())
                .isNaN();

        PgJmsObjectMessage object = new PgJmsObjectMessage(null, Transport.allowing(ArrayList.class, Integer.class));
        object.setObject(new ArrayList<>(List.of(1, 2)));
        assertThat(((PgJmsObjectMessage) roundTrip(object, options)).getObject())
                .isEqualTo(List.of(1, 2));
        assertThat(((PgJmsObjectMessage) roundTrip(new PgJmsObjectMessage(null, PgJmsSerialization.OFF), options))
                        .getObject())
                .isNull();
    }

    @Test
    void rule_24_aNegativeTimeToLiveIsNeverDelivered() throws Exception {
        publish(CODEC.send(new PgJmsTextMessage("late"), Transport.QUEUE, PgJmsSendOptions.DEFAULT.withTimeToLive(-1)));
        publish(CODEC.send(
                new PgJmsTextMessage("too short"),
                Transport.QUEUE,
                PgJmsSendOptions.DEFAULT.withTimeToLive(5).withDeliveryDelay(5)));
        assertThat(roundTrip(new PgJmsTextMessage("next"), PgJmsSendOptions.DEFAULT)
                        .getBody(String.class))
                .isEqualTo("next");
        assertThat(receiver.receive(10)).isEmpty();
    }

    @Test
    void section_3_5_11_aRedeliveredMessageIsTheUnmodifiedOriginal() throws Exception {
        PgJmsMapMessage message = new PgJmsMapMessage();
        message.setInt("a", 1);
        message.setIntProperty("p", 1);
        publish(CODEC.send(message, Transport.QUEUE, PgJmsSendOptions.DEFAULT));
        Delivery first = receiver.receive(1, LONG).get(0);
        PgJmsMessage changed = CODEC.receive(first, Transport.QUEUE);
        assertThat(changed.getJMSRedelivered()).isFalse();
        assertThat(changed.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        changed.clearBody();
        changed.clearProperties();
        changed.setJMSType("changed");
        queue.nack(first, Duration.ZERO, Failure.NONE);
        PgJmsMessage again = receive();
        assertThat(again.getJMSRedelivered()).isTrue();
        assertThat(again.getIntProperty("JMSXDeliveryCount")).isEqualTo(2);
        assertThat(again.getIntProperty("p")).isEqualTo(1);
        assertThat(again.getJMSType()).isNull();
        assertThat(((PgJmsMapMessage) again).getInt("a")).isEqualTo(1);
        assertThat(again.getJMSMessageID()).isEqualTo(message.getJMSMessageID());
        assertThat(again.getJMSTimestamp()).isEqualTo(message.getJMSTimestamp());
    }

    @Test
    void rule_44_aSelectorSeesTheHeadersThatReceiversSee() throws Exception {
        PgJmsQueue selected = new PgJmsQueue("selected");
        queue.admin().declareQueue(QueueSpec.of("selected"));
        queue.admin().declareTopic(TopicSpec.of("news"));
        queue.admin()
                .declareSubscription(
                        SubscriptionSpec.of("news", "np").withSelector("JMSDeliveryMode = 'NON_PERSISTENT'"));
        PgJmsSendOptions options = PgJmsSendOptions.DEFAULT
                .withDeliveryMode(DeliveryMode.NON_PERSISTENT)
                .withTimeToLive(60_000)
                .withDeliveryDelay(1);
        PgJmsMessage message = new PgJmsMessage();
        publish(CODEC.send(new PgJmsMessage(), selected, PgJmsSendOptions.DEFAULT));
        PgJmsSend send = CODEC.send(message, selected, options);
        publish(send);
        OutgoingMessage plain = CODEC.send(new PgJmsMessage(), selected, PgJmsSendOptions.DEFAULT)
                .content();
        assertThat(queue.publish("news", List.of(plain, send.content())))
                .extracting(PublishResult::matched)
                .containsExactly(0, 1);
        assertThat(queue.publish("news", send.content()).matched()).isOne();
        String selector = "JMSDeliveryMode = 'NON_PERSISTENT' AND JMSTimestamp = " + message.getJMSTimestamp()
                + " AND JMSExpiration = " + message.getJMSExpiration() + " AND JMSDeliveryTime = "
                + message.getJMSDeliveryTime() + " AND JMSMessageID = '" + message.getJMSMessageID() + "'";
        try (Receiver selecting = queue.receiver(null, "selected", ReceiverOptions.DEFAULT.withSelector(selector))) {
            assertThat(selecting.receive(10, LONG))
                    .extracting(Delivery::messageId)
                    .containsExactly(send.messageId());
        }
        publish(CODEC.send(
                new PgJmsMessage(),
                selected,
                PgJmsSendOptions.DEFAULT.withDisableMessageId(true).withDisableTimestamp(true)));
        try (Receiver selecting = queue.receiver(
                null, "selected", ReceiverOptions.DEFAULT.withSelector("JMSMessageID IS NULL AND JMSTimestamp = 0"))) {
            assertThat(selecting.receive(10, LONG)).hasSize(1);
        }
    }

    @Test
    void pub7_whatTheNativeApiAndSqlSendJmsReads() throws Exception {
        queue.publish(
                "orders",
                OutgoingMessage.json("{\"number\":7}")
                        .property("p", 1L)
                        .group("g")
                        .correlationId("c")
                        .replyTo("answers")
                        .build());
        PgJmsMessage json = receive();
        assertThat(json.getBody(String.class)).isEqualTo("{\"number\":7}");
        assertThat(json.getStringProperty("JMS_PGQ_ContentType")).isEqualTo("application/json");
        assertThat(json.getObjectProperty("p")).isEqualTo(1L);
        assertThat(json.getStringProperty("JMSXGroupID")).isEqualTo("g");
        assertThat(json.getJMSCorrelationID()).isEqualTo("c");
        assertThat(json.getJMSReplyTo()).isEqualTo(new PgJmsQueue("answers"));
        assertThat(json.getJMSDeliveryMode()).isEqualTo(DeliveryMode.PERSISTENT);
        queue.publish("orders", OutgoingMessage.bytes(new byte[] {1}).build());
        assertThat(receive().getBody(byte[].class)).containsExactly(1);
        queue.publish("orders", OutgoingMessage.empty().build());
        assertThat(receive().getClass()).isEqualTo(PgJmsMessage.class);

        execute("select pgqueue.publish('orders', 'from psql', '{\"color\": \"red\", \"size\": 2.5}')");
        PgJmsMessage text = receive();
        assertThat(text.getBody(String.class)).isEqualTo("from psql");
        assertThat(text.getStringProperty("color")).isEqualTo("red");
        assertThat(text.getDoubleProperty("size")).isEqualTo(2.5);
        assertThat(text.getJMSMessageID()).startsWith("ID:");
        execute("select pgqueue.publish('orders', '{\"a\": 1}'::jsonb, priority => 8)");
        PgJmsMessage document = receive();
        assertThat(document.getBody(String.class)).isEqualTo("{\"a\": 1}");
        assertThat(document.getJMSPriority()).isEqualTo(8);
        execute("select pgqueue.publish('orders', '\\x0102'::bytea)");
        assertThat(receive().getBody(byte[].class)).containsExactly(1, 2);
        execute("select pgqueue.publish('orders', null::text)");
        assertThat(receive()).isInstanceOf(PgJmsTextMessage.class);
    }

    @Test
    void pub7_whatJmsSendsTheNativeApiReads() throws Exception {
        PgJmsTextMessage message = new PgJmsTextMessage("grün");
        message.setStringProperty("color", "red");
        publish(CODEC.send(message, Transport.QUEUE, PgJmsSendOptions.DEFAULT));
        Delivery delivery = receiver.receive(1, LONG).get(0);
        assertThat(delivery.text()).isEqualTo("grün");
        assertThat(delivery.headers().contentType()).isEqualTo("text/plain");
        assertThat(delivery.properties()).isEqualTo(Map.of("color", "red"));
        assertThat("ID:" + delivery.messageId()).isEqualTo(message.getJMSMessageID());
    }

    @Test
    void pub14_aDuplicateIsPublishedOnce() throws Exception {
        PgJmsTextMessage message = new PgJmsTextMessage("once");
        message.setStringProperty("JMS_PGQ_DedupId", "order 7");
        publish(CODEC.send(message, Transport.QUEUE, PgJmsSendOptions.DEFAULT));
        String first = message.getJMSMessageID();
        publish(CODEC.send(message, Transport.QUEUE, PgJmsSendOptions.DEFAULT));
        assertThat(receive().getJMSMessageID()).isEqualTo(first);
        assertThat(receiver.receive(10)).isEmpty();
    }

    @Test
    void pub7_bothSidesOnOneQueue() throws Exception {
        PgQueue pgqueue = queue;
        try (PgJmsConnectionFactory factory = new PgJmsConnectionFactory(dataSource)) {
            // snippet: jms-and-native
            try (JMSContext context = factory.createContext()) {
                Queue orders = context.createQueue("orders");
                context.createProducer().setProperty("color", "red").send(orders, "order 1");
            }
            Delivery delivery = pgqueue.receiver("orders").receive(1).get(0);
            String text = delivery.text(); // "order 1"
            Object color = delivery.properties().get("color"); // "red"
            // end snippet
            assertThat(text).isEqualTo("order 1");
            assertThat(color).isEqualTo("red");
            pgqueue.ack(delivery);
        }
    }

    @Test
    void lim5_aBodyAboveTheDestinationsLimitIsAMessageFormatException() throws Exception {
        PgJmsBytesMessage message = new PgJmsBytesMessage();
        message.writeBytes(new byte[4 * 1024 * 1024 + 1]);
        PgJmsSend send = CODEC.send(message, Transport.QUEUE, PgJmsSendOptions.DEFAULT);
        assertThatThrownBy(() -> asJms(send))
                .isInstanceOf(MessageFormatException.class)
                .hasMessageContaining("maxBodyBytes");
        PgJmsSend nowhere = CODEC.send(new PgJmsMessage(), new PgJmsTopic("nowhere"), PgJmsSendOptions.DEFAULT);
        assertThatThrownBy(() -> asJms(nowhere)).isInstanceOf(InvalidDestinationException.class);
    }

    private void asJms(PgJmsSend send) throws JMSException {
        try {
            publish(send);
        } catch (PgQueueException e) {
            throw PgJmsErrors.of(e);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void aNullPropertyIsThereButNothingToSelectors() throws Exception {
        queue.admin().declareTopic(TopicSpec.of("nulls"));
        queue.admin().declareSubscription(SubscriptionSpec.of("nulls", "null").withSelector("p is null"));
        queue.admin().declareSubscription(SubscriptionSpec.of("nulls", "some").withSelector("p is not null"));
        PgJmsTextMessage message = new PgJmsTextMessage("x");
        message.setStringProperty("p", null);
        PgJmsSend send = CODEC.send(message, new PgJmsTopic("nulls"), PgJmsSendOptions.DEFAULT);
        assertThat(queue.publish("nulls", send.message(send.calledAtNanos())).matched())
                .isEqualTo(1);
        Delivery delivery = queue.receiver("nulls", "null").receive(1, LONG).get(0);
        PgJmsMessage received = CODEC.receive(delivery, new PgJmsTopic("nulls"));
        assertThat(received.propertyExists("p")).isTrue();
        assertThat(received.getObjectProperty("p")).isNull();
    }
}
