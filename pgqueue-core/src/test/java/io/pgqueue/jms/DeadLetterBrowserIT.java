// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgqueue.DeadLetterFilter;
import io.pgqueue.DeadLetterPolicy;
import io.pgqueue.Delivery;
import io.pgqueue.Failure;
import io.pgqueue.QueueSpec;
import io.pgqueue.RedeliveryPolicy;
import io.pgqueue.SubscriptionSettings;
import io.pgqueue.SubscriptionSpec;
import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.Destination;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidDestinationRuntimeException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageNotWriteableException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** DLQ-14: dead letters, seen by a JMS application. */
class DeadLetterBrowserIT extends JmsIT {

    private static final Failure FAILURE = Failure.of(new ArithmeticException("no total"));

    DeadLetterBrowserIT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void showsTheWholeMessageAndWhyItDied() throws JMSException {
        Queue orders = queue();
        String name = orders.getQueueName();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        TextMessage sent = session.createTextMessage("order 1");
        sent.setStringProperty("colour", "red");
        sent.setJMSCorrelationID("c-1");
        sent.setJMSType("order");
        sent.setJMSReplyTo(orders);
        MessageProducer producer = session.createProducer(orders);
        producer.setPriority(7);
        producer.send(sent);
        die(name, "NO_TOTAL");

        TextMessage dead = (TextMessage) browse(session, "dlq@" + name, null).get(0);

        assertThat(dead.getText()).isEqualTo("order 1");
        assertThat(dead.getStringProperty("colour")).isEqualTo("red");
        assertThat(dead.getJMSMessageID()).isEqualTo(sent.getJMSMessageID());
        assertThat(dead.getJMSTimestamp()).isEqualTo(sent.getJMSTimestamp());
        assertThat(dead.getJMSCorrelationID()).isEqualTo("c-1");
        assertThat(dead.getJMSType()).isEqualTo("order");
        assertThat(dead.getJMSReplyTo()).isEqualTo(orders);
        assertThat(dead.getJMSPriority()).isEqualTo(7);
        assertThat(dead.getJMSDestination()).isEqualTo(session.createQueue("dlq@" + name));
        assertThat(dead.getIntProperty("JMSXDeliveryCount")).isEqualTo(1);
        assertThat(dead.getStringProperty("JMS_PGQ_DeadReason")).isEqualTo("NO_TOTAL");
        assertThat(dead.getStringProperty("JMS_PGQ_DeadDestination")).isEqualTo(name);
        assertThat(dead.getStringProperty("JMS_PGQ_DeadSubscription")).isEqualTo(name);
        assertThat(dead.getObjectProperty("JMS_PGQ_DeadAttempts")).isEqualTo(1);
        assertThat(dead.getObjectProperty("JMS_PGQ_DeadAt")).isInstanceOf(Long.class);
        assertThat(dead.getStringProperty("JMS_PGQ_DeadErrorClass")).isEqualTo("java.lang.ArithmeticException");
        assertThat(dead.getStringProperty("JMS_PGQ_DeadError")).isEqualTo("no total");
        assertThat(dead.getStringProperty("JMS_PGQ_DeadStack")).contains("DeadLetterBrowserIT");
        assertThat(dead.getObjectProperty("JMS_PGQ_DeadReplays")).isEqualTo(0);
        assertThat(dead.getObjectProperty("JMS_PGQ_DeadParked")).isEqualTo(false);
        assertThat(dead.getLongProperty("JMS_PGQ_DeadLastFailedAt"))
                .isGreaterThanOrEqualTo(dead.getLongProperty("JMS_PGQ_DeadFirstFailedAt"));
        assertThatThrownBy(() -> dead.setText("changed")).isInstanceOf(MessageNotWriteableException.class);
        assertThat(engine.admin().deadLetters(name).list(10))
                .as("browsing takes nothing")
                .hasSize(1);
    }

    @Test
    void showsThoseOfASubscriptionWithAClientId() throws JMSException {
        Topic topic = topic();
        Connection connection = stopped();
        connection.setClientID("office-" + topic.getTopicName());
        connection.start();
        Session session = connection.createSession(Session.SESSION_TRANSACTED);
        session.createDurableSubscriber(topic, "ledger");
        session.createProducer(topic).send(session.createTextMessage("entry"));
        session.commit();
        String name = connection.getClientID() + "/ledger";
        engine.admin()
                .alterSubscription(
                        topic.getTopicName(),
                        name,
                        SubscriptionSettings.DEFAULT.withRedelivery(RedeliveryPolicy.DEFAULT.withMaxAttempts(1)));
        connection.close();
        Connection again = stopped();
        again.setClientID("office-" + topic.getTopicName());
        again.start();
        Session failing = again.createSession(Session.SESSION_TRANSACTED);
        MessageConsumer consumer = failing.createDurableSubscriber(topic, "ledger");
        assertThat(consumer.receive(10_000)).isNotNull();
        failing.rollback();
        assertThat(consumer.receiveNoWait()).isNull();

        List<Message> shown =
                browse(session(Session.AUTO_ACKNOWLEDGE), "dlq@" + topic.getTopicName() + "@" + name, null);
        assertThat(shown).hasSize(1);
        assertThat(shown.get(0).getBody(String.class)).isEqualTo("entry");
    }

    @Test
    void selectsByPropertiesHeadersAndFactsOfTheDeath() throws JMSException {
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        for (String colour : List.of("red", "blue", "red")) {
            TextMessage message = session.createTextMessage(colour);
            message.setStringProperty("colour", colour);
            producer.send(message);
        }
        String name = queue.getQueueName();
        die(name, "FIRST");
        die(name, "SECOND");
        die(name, "THIRD");
        String dlq = "dlq@" + name;

        assertThat(reasons(browse(session, dlq, null))).containsExactly("FIRST", "SECOND", "THIRD");
        assertThat(reasons(browse(session, dlq, "colour = 'red'"))).containsExactly("FIRST", "THIRD");
        assertThat(reasons(browse(session, dlq, "JMS_PGQ_DeadReason <> 'FIRST' and colour = 'red'")))
                .containsExactly("THIRD");
        assertThat(reasons(browse(session, dlq, "JMS_PGQ_DeadAttempts > 1"))).isEmpty();
        assertThatThrownBy(() -> session.createBrowser(session.createQueue(dlq), "colour ="))
                .isInstanceOf(InvalidSelectorException.class);
        QueueBrowser browser = session.createBrowser(session.createQueue(dlq), "colour = 'blue'");
        assertThat(browser.getMessageSelector()).isEqualTo("colour = 'blue'");
        assertThat(browser.getQueue()).isEqualTo(session.createQueue(dlq));
    }

    /** A death in a queue for dead letters is the one that is shown, not the one that brought the message there. */
    @Test
    void tellsOfTheLastDeath() throws JMSException {
        Queue office = queue();
        Queue queue = new PgJmsQueue(office.getQueueName() + "-from");
        engine.admin()
                .declareQueue(QueueSpec.of(queue.getQueueName())
                        .withSettings(SubscriptionSettings.DEFAULT.withDeadLetters(
                                DeadLetterPolicy.DEFAULT.withQueue(office.getQueueName()))));
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        send(session, queue, "1");
        die(queue.getQueueName(), "BROKEN");
        Delivery moved = engine.receiver(office.getQueueName()).receive(1).get(0);
        assertThat(moved.properties()).containsEntry("JMS_PGQ_DeadReason", "BROKEN");
        engine.deadLetter(moved, "LATE", Failure.NONE);

        String dlq = "dlq@" + office.getQueueName();
        Message dead = browse(session, dlq, "JMS_PGQ_DeadReason = 'LATE'").get(0);

        assertThat(dead.getStringProperty("JMS_PGQ_DeadReason")).isEqualTo("LATE");
        assertThat(dead.getStringProperty("JMS_PGQ_DeadDestination")).isEqualTo(office.getQueueName());
        assertThat(dead.propertyExists("JMS_PGQ_DeadErrorClass")).isFalse();
        assertThat(browse(session, dlq, "JMS_PGQ_DeadErrorClass is not null")).isEmpty();
    }

    /** A queue for the dead letters of two subscriptions gets the same message twice. */
    @Test
    void tellsDeathsOfTheSameMessageApart() throws JMSException {
        Queue office = queue();
        Topic topic = topic();
        SubscriptionSettings toOffice =
                SubscriptionSettings.DEFAULT.withDeadLetters(DeadLetterPolicy.DEFAULT.withQueue(office.getQueueName()));
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        List<String> names = List.of("first-" + topic.getTopicName(), "second-" + topic.getTopicName());
        for (String name : names) {
            engine.admin()
                    .declareSubscription(
                            SubscriptionSpec.of(topic.getTopicName(), name).withSettings(toOffice));
        }
        session.createProducer(topic).send(session.createTextMessage("shared"));
        for (String name : names) {
            engine.deadLetter(
                    engine.receiver(topic.getTopicName(), name).receive(1).get(0), "OF_" + name, FAILURE);
        }
        List<String> reasons = List.of("FIRST_HERE", "SECOND_HERE");
        for (String reason : reasons) {
            die(office.getQueueName(), reason);
        }

        String dlq = "dlq@" + office.getQueueName();
        List<Message> shown = browse(session, dlq, null);
        assertThat(shown).hasSize(2);
        assertThat(shown.get(1).getJMSMessageID()).isEqualTo(shown.get(0).getJMSMessageID());
        assertThat(reasons(shown)).isEqualTo(reasons);

        QueueBrowser browser = session.createBrowser(session.createQueue(dlq));
        Enumeration<?> letters = browser.getEnumeration();
        letters.nextElement();
        engine.admin().deadLetters(office.getQueueName()).discard(DeadLetterFilter.ALL.withReason("SECOND_HERE"));
        assertThat(letters.hasMoreElements()).isFalse();
    }

    @Test
    void namesSubscriptionsOfTopics() throws JMSException {
        Topic topic = topic();
        engine.admin().declareSubscription(SubscriptionSpec.of(topic.getTopicName(), "ledger"));
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        BytesMessage bytes = session.createBytesMessage();
        bytes.writeInt(42);
        session.createProducer(topic).send(bytes);
        Delivery delivery =
                engine.receiver(topic.getTopicName(), "ledger").receive(1).get(0);
        engine.deadLetter(delivery, "WRONG", FAILURE);

        BytesMessage dead = (BytesMessage)
                browse(session, "dlq@" + topic.getTopicName() + "@ledger", null).get(0);

        assertThat(dead.readInt()).isEqualTo(42);
        assertThat(dead.getStringProperty("JMS_PGQ_DeadDestination")).isEqualTo(topic.getTopicName());
        assertThat(dead.getStringProperty("JMS_PGQ_DeadSubscription")).isEqualTo("ledger");
    }

    @Test
    void walksOnOverPagesAndSeesWhatDiesMeanwhile() throws JMSException {
        Queue queue = queue();
        String name = queue.getQueueName();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        for (int i = 0; i < 120; i++) {
            send(session, queue, "m" + i);
        }
        for (Delivery delivery : engine.receiver(name).receive(120)) {
            engine.deadLetter(delivery, "MANY", FAILURE);
        }
        QueueBrowser browser = session.createBrowser(session.createQueue("dlq@" + name));
        Enumeration<?> letters = browser.getEnumeration();
        assertThat(text((Message) letters.nextElement())).isEqualTo("m0");
        engine.admin().deadLetters(name).discard(List.of(id(name, 1)));
        send(session, queue, "last");
        die(name, "LATER");
        List<@Nullable String> rest = new ArrayList<>();
        while (letters.hasMoreElements()) {
            rest.add(text((Message) letters.nextElement()));
        }
        assertThat(rest).hasSize(119).startsWith("m2").endsWith("last").doesNotContain("m1");
        assertThatThrownBy(letters::nextElement).isInstanceOf(NoSuchElementException.class);

        Enumeration<?> another = browser.getEnumeration();
        assertThat(another.hasMoreElements()).isTrue();
        browser.close();
        assertThat(another.hasMoreElements()).isFalse();
        assertThatThrownBy(another::nextElement).isInstanceOf(NoSuchElementException.class);
        assertThatThrownBy(browser::getEnumeration).isInstanceOf(IllegalStateException.class);
    }

    private UUID id(String name, int index) {
        return engine.admin().deadLetters(name).list(10).get(index).messageId();
    }

    @Test
    void refusesEverythingButBrowsing() throws JMSException {
        Queue orders = queue();
        String name = orders.getQueueName();
        factory.setAutoCreate(true);
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        Queue dlq = session.createQueue("dlq@" + name);
        Message message = session.createTextMessage("forged");
        MessageProducer anywhere = session.createProducer(null);
        JMSContext context = closed(factory.createContext());
        for (ThrowingCallable wrong : List.<ThrowingCallable>of(
                () -> session.createProducer(dlq),
                () -> session.createConsumer(dlq),
                () -> anywhere.send(dlq, message),
                () -> anywhere.send(session.createQueue("dlq@"), message))) {
            assertThatThrownBy(wrong)
                    .isInstanceOf(InvalidDestinationException.class)
                    .hasMessageContaining("can only be browsed")
                    .hasMessageContaining("redrive");
        }
        assertThatThrownBy(() -> context.createConsumer(dlq)).isInstanceOf(InvalidDestinationRuntimeException.class);
        assertThatThrownBy(() -> context.createProducer().send(dlq, "forged"))
                .isInstanceOf(InvalidDestinationRuntimeException.class)
                .hasMessageContaining("deadLetters(\"" + name + "\").redrive");
        send(session, orders, "still works");
    }

    @Test
    void saysThatThereIsNoSuchSubscription() throws JMSException {
        Topic topic = topic();
        Connection connection = started();
        Session session = connection.createSession();
        for (String name : List.of(
                "dlq@nobody",
                "dlq@",
                "dlq@nobody@ledger",
                "dlq@" + topic.getTopicName() + "@nobody",
                "dlq@" + topic.getTopicName())) {
            Destination dlq = session.createQueue(name);
            assertThatThrownBy(() -> session.createBrowser((Queue) dlq))
                    .isInstanceOf(InvalidDestinationException.class)
                    .hasMessageContaining("There is no");
        }
    }

    /** The next message of the queue, at once. */
    private void die(String queue, String reason) {
        engine.deadLetter(engine.receiver(queue).receive(1).get(0), reason, FAILURE);
    }

    private static List<String> reasons(List<Message> messages) throws JMSException {
        List<String> reasons = new ArrayList<>();
        for (Message message : messages) {
            reasons.add(String.valueOf(message.getStringProperty("JMS_PGQ_DeadReason")));
        }
        return reasons;
    }

    private static List<Message> browse(Session session, String name, @Nullable String selector) throws JMSException {
        List<Message> messages = new ArrayList<>();
        try (QueueBrowser browser = session.createBrowser(session.createQueue(name), selector)) {
            for (Enumeration<?> letters = browser.getEnumeration(); letters.hasMoreElements(); ) {
                messages.add((Message) letters.nextElement());
            }
        }
        return messages;
    }
}
