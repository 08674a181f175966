// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import jakarta.jms.Connection;
import jakarta.jms.IllegalStateException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.MessageProducer;
import jakarta.jms.Queue;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TemporaryTopic;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import jakarta.jms.TopicSubscriber;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.NoSuchElementException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, chapter 4 with 6.2.2 and 8.3: queues, browsers, topics, subscriptions, temporary destinations. */
class Chapter4IT extends JmsIT {

    Chapter4IT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    private Connection as(String clientId) throws JMSException {
        Connection connection = stopped();
        connection.setClientID(clientId);
        connection.start();
        return connection;
    }

    private static TextMessage coloured(Session session, String text, String colour) throws JMSException {
        TextMessage message = session.createTextMessage(text);
        message.setStringProperty("colour", colour);
        return message;
    }

    @Test
    void whatASelectorLeavesStaysForOthers() throws JMSException { // 4.1.2, 45
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        for (int i = 0; i < 20; i++) {
            producer.send(coloured(session, "red" + i, "red"));
        }
        producer.send(coloured(session, "blue", "blue"));
        MessageConsumer blue = session.createConsumer(queue, "colour = 'blue'");
        assertThat(blue.getMessageSelector()).isEqualTo("colour = 'blue'");
        assertThat(text(receive(blue))).isEqualTo("blue");
        assertThat(blue.receiveNoWait()).isNull();
        Session other = session(Session.AUTO_ACKNOWLEDGE);
        MessageConsumer all = other.createConsumer(queue, "");
        assertThat(all.getMessageSelector()).isNull();
        assertThat(text(receive(all))).isEqualTo("red0");
        assertThatThrownBy(() -> session.createConsumer(queue, "colour ="))
                .isInstanceOf(InvalidSelectorException.class);
        assertThatThrownBy(() -> session.createBrowser(queue, "colour =")).isInstanceOf(InvalidSelectorException.class);
        Session own = as("bad-selectors").createSession();
        Topic topic = topic();
        for (ThrowingCallable wrong : List.<ThrowingCallable>of(
                () -> own.createConsumer(topic, "colour ="),
                () -> own.createConsumer(topic, "colour =", true),
                () -> own.createSharedConsumer(topic, "s", "colour ="),
                () -> own.createDurableSubscriber(topic, "s", "colour =", false),
                () -> own.createDurableConsumer(topic, "s", "colour =", false),
                () -> own.createSharedDurableConsumer(topic, "s", "colour ="),
                () -> own.createConsumer(topic, "a = 1 or ".repeat(1000) + "a = 1"))) { // 38, 4.4
            assertThatThrownBy(wrong).isInstanceOf(InvalidSelectorException.class);
        }
    }

    @Test
    void aBrowserTakesNothing() throws JMSException { // 4.1.6, 51
        Queue queue = queue();
        Session session = session(Session.CLIENT_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        producer.send(coloured(session, "1", "red"));
        producer.send(coloured(session, "2", "blue"));
        producer.setDeliveryDelay(60_000);
        producer.send(coloured(session, "later", "red"));
        producer.setDeliveryDelay(0);
        producer.setTimeToLive(1);
        producer.send(coloured(session, "gone", "red"));
        MessageConsumer consumer = session.createConsumer(queue);
        receive(consumer);
        await().untilAsserted(() -> assertThat(browse(session.createBrowser(queue)))
                .as("what a consumer holds is there, what is delayed or expired is not")
                .containsExactly("1", "2"));
        QueueBrowser browser = session.createBrowser(queue, "colour = 'blue'");
        assertThat(browser.getMessageSelector()).isEqualTo("colour = 'blue'");
        assertThat(browser.getQueue()).isEqualTo(queue);
        assertThat(browse(browser)).containsExactly("2");
        assertThat(text(receive(consumer))).isEqualTo("2");
        browser.close();
        assertThatThrownBy(browser::getEnumeration).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aBrowserSeesWhatIsSentBeforeItsEnd() throws JMSException { // 4.1.6, 51
        Queue queue = queue();
        Session session = stopped().createSession();
        send(session, queue, "1", "2");
        Enumeration<?> messages = session.createBrowser(queue).getEnumeration();
        assertThat(text((Message) messages.nextElement())).isEqualTo("1");
        MessageProducer producer = session.createProducer(queue);
        producer.send(session.createTextMessage("3"));
        producer.setPriority(9);
        producer.send(session.createTextMessage("urgent"));
        List<@Nullable String> rest = new ArrayList<>();
        while (messages.hasMoreElements()) {
            rest.add(text((Message) messages.nextElement()));
        }
        assertThat(rest).containsExactlyInAnyOrder("2", "3", "urgent");
        assertThatThrownBy(messages::nextElement).isInstanceOf(NoSuchElementException.class);
    }

    private static List<@Nullable String> browse(QueueBrowser browser) throws JMSException {
        List<@Nullable String> texts = new ArrayList<>();
        for (Enumeration<?> messages = browser.getEnumeration(); messages.hasMoreElements(); ) {
            texts.add(text((Message) messages.nextElement()));
        }
        return texts;
    }

    @Test
    void aTopicReachesTheSubscriptionsThereAre() throws JMSException { // 4.2.2, 21
        Topic topic = topic();
        send(topic, "before");
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageConsumer all = session.createConsumer(topic);
        MessageConsumer blue = session.createConsumer(topic, "colour = 'blue'");
        MessageProducer producer = session.createProducer(topic);
        producer.send(coloured(session, "r", "red"));
        producer.send(coloured(session, "b", "blue"));
        assertThat(receive(all, 2)).containsExactly("r", "b");
        assertThat(receive(blue, 1)).containsExactly("b");
        assertThat(blue.receiveNoWait()).isNull();
        assertThat(all.receiveNoWait()).isNull();
    }

    @Test
    void anUnsharedDurableSubscriptionWaitsForItsConsumer() throws JMSException { // 8.3.3, 47
        Topic topic = topic();
        Connection connection = as("durable-client");
        Session session = connection.createSession();
        TopicSubscriber first = session.createDurableSubscriber(topic, "sub");
        assertThat(first.getTopic()).isEqualTo(topic);
        assertThat(first.getNoLocal()).isFalse();
        assertThatThrownBy(() -> session.createDurableConsumer(topic, "sub")).isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> session.createSharedDurableConsumer(topic, "sub"))
                .isInstanceOf(JMSException.class);
        first.close();
        send(topic, "a", "b");
        try (MessageConsumer again = session.createDurableConsumer(topic, "sub")) {
            assertThat(receive(again, 1)).containsExactly("a");
        }
        // Another selector drops it and begins anew.
        try (MessageConsumer other = session.createDurableConsumer(topic, "sub", "colour = 'blue'", false)) {
            assertThat(other.receive(BRIEFLY)).isNull();
            MessageProducer producer = session.createProducer(topic);
            producer.send(coloured(session, "c", "blue"));
            assertThat(receive(other, 1)).containsExactly("c");
            assertThatThrownBy(() -> session.unsubscribe("sub")).isInstanceOf(IllegalStateException.class);
        }
        session.unsubscribe("sub");
        assertThatThrownBy(() -> session.unsubscribe("sub")).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> started().createSession().createDurableConsumer(topic, "sub"))
                .as("without a client id")
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anotherTopicOrNoLocalMakesAnInactiveSubscriptionAnew() throws JMSException { // 8.3.3, 8.3.4, 47, 48
        Topic topic = topic();
        Topic another = topic();
        Session session = as("replacing").createSession();
        session.createDurableSubscriber(topic, "sub").close();
        session.createSharedDurableConsumer(topic, "shared").close();
        send(topic, "old");
        try (MessageConsumer moved = session.createDurableSubscriber(another, "sub");
                MessageConsumer movedToo = session.createSharedDurableConsumer(another, "shared")) {
            send(topic, "old");
            send(another, "new");
            assertThat(receive(moved, 1)).containsExactly("new");
            assertThat(receive(movedToo, 1)).containsExactly("new");
        }
        send(another, "before the change");
        try (MessageConsumer deaf = session.createDurableSubscriber(another, "sub", null, true)) {
            send(session, another, "own");
            send(another, "other");
            assertThat(receive(deaf, 1)).containsExactly("other");
            assertThat(deaf.receiveNoWait()).isNull();
        }
    }

    @Test
    void sharedSubscriptionsWithAndWithoutClientIdAreApart() throws JMSException { // 8.3.2, 8.3.4, 48
        Topic topic = topic();
        Session with = as("with-an-id").createSession();
        Session without = session(Session.AUTO_ACKNOWLEDGE);
        MessageConsumer durable = with.createSharedDurableConsumer(topic, "same");
        MessageConsumer durable2 = without.createSharedDurableConsumer(topic, "same");
        MessageConsumer passing = with.createSharedConsumer(topic, "same");
        MessageConsumer passing2 = without.createSharedConsumer(topic, "same");
        send(topic, "to each");
        for (MessageConsumer each : List.of(durable, durable2, passing, passing2)) {
            assertThat(receive(each, 1)).containsExactly("to each");
            assertThat(each.receiveNoWait()).isNull();
            each.close();
        }
        // An unshared one of the same name and client id is another kind: refused, also while nobody consumes.
        assertThatThrownBy(() -> with.createDurableSubscriber(topic, "same")).isInstanceOf(JMSException.class);
        with.unsubscribe("same");
        without.unsubscribe("same");
    }

    @Test
    void unsubscribingIsRefusedWhileMessagesAreUnacknowledged() throws JMSException { // 49
        Topic topic = topic();
        Connection connection = as("pending-client");
        Session session = connection.createSession(Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer consumer = session.createDurableConsumer(topic, "sub");
        send(topic, "a");
        Message message = receive(consumer);
        consumer.close();
        assertThatThrownBy(() -> session.unsubscribe("sub")).isInstanceOf(IllegalStateException.class);
        message.acknowledge();
        session.unsubscribe("sub");
    }

    @Test
    void sharedSubscriptionsDivideTheirMessages() throws JMSException { // 8.3.2, 8.3.4, 48
        Topic topic = topic();
        Session one = session(Session.AUTO_ACKNOWLEDGE);
        Session two = session(Session.AUTO_ACKNOWLEDGE);
        MessageConsumer durable = one.createSharedDurableConsumer(topic, "shared");
        MessageConsumer durable2 = two.createSharedDurableConsumer(topic, "shared");
        MessageConsumer passing = one.createSharedConsumer(topic, "shared");
        assertThatThrownBy(() -> two.createSharedConsumer(topic, "shared", "colour = 'blue'"))
                .isInstanceOf(JMSException.class);
        assertThatThrownBy(() -> two.createSharedDurableConsumer(topic(), "shared"))
                .isInstanceOf(JMSException.class);
        send(topic, "a", "b");
        List<@Nullable String> together = new ArrayList<>(receive(durable, 1));
        together.addAll(receive(durable2, 1));
        assertThat(together).containsExactlyInAnyOrder("a", "b");
        assertThat(receive(passing, 2)).containsExactly("a", "b");
        passing.close();
        durable.close();
        durable2.close();
        send(topic, "c");
        MessageConsumer fresh = one.createSharedConsumer(topic, "shared");
        assertThat(fresh.receive(BRIEFLY)).as("ended with its last consumer").isNull();
        assertThat(receive(one.createSharedDurableConsumer(topic, "shared"), 1)).containsExactly("c");
    }

    @Test
    void noLocalLeavesOutTheOwnMessages() throws JMSException { // 8.3.1, 8.3.3, 50
        Topic topic = topic();
        Connection connection = as("local-client");
        Session session = connection.createSession();
        MessageConsumer foreign = session.createConsumer(topic, null, true);
        TopicSubscriber durable = session.createDurableSubscriber(topic, "nl", null, true);
        assertThat(durable.getNoLocal()).isTrue();
        send(session, topic, "own");
        send(topic, "other");
        assertThat(receive(foreign, 1)).containsExactly("other");
        assertThat(receive(durable, 1)).containsExactly("other");
        assertThat(foreign.receiveNoWait()).isNull();
        Queue queue = queue();
        MessageConsumer ignored = session.createConsumer(queue, null, true);
        send(session, queue, "own");
        assertThat(receive(ignored, 1)).containsExactly("own");
    }

    @Test
    void temporaryDestinationsBelongToTheirConnection() throws JMSException { // 6.2.2, 46, 34
        Connection connection = started();
        Session maker = connection.createSession();
        TemporaryQueue answers = maker.createTemporaryQueue();
        TemporaryTopic news = maker.createTemporaryTopic();
        maker.close();
        Session session = connection.createSession();
        MessageConsumer consumer = session.createConsumer(answers);
        MessageConsumer listener = session.createConsumer(news);
        Queue requests = queue();
        Session asking = session(Session.AUTO_ACKNOWLEDGE);
        TextMessage request = asking.createTextMessage("?");
        request.setJMSReplyTo(answers);
        session.createProducer(requests).send(request);

        Session server = session(Session.AUTO_ACKNOWLEDGE);
        Message received = receive(server.createConsumer(requests));
        assertThat(received.getJMSReplyTo()).isInstanceOf(TemporaryQueue.class).isEqualTo(answers);
        send(server, received.getJMSReplyTo(), "!");
        send(server, news, "new");
        assertThat(receive(consumer, 1)).containsExactly("!");
        assertThat(receive(listener, 1)).containsExactly("new");
        assertThatThrownBy(() -> server.createConsumer(answers)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> server.createConsumer(server.createQueue(answers.getQueueName())))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> session.createSharedDurableConsumer(news, "x"))
                .isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(answers::delete).as("has a consumer").isInstanceOf(JMSException.class);
        consumer.close();
        answers.delete();
        assertThatThrownBy(() -> session.createConsumer(answers)).isInstanceOf(InvalidDestinationException.class);
        assertThatThrownBy(() -> send(session, answers, "x")).isInstanceOf(InvalidDestinationException.class);
        connection.close();
        assertThatThrownBy(() -> server.createProducer(null).send(news, server.createTextMessage("x")))
                .as("ended with its connection")
                .isInstanceOf(InvalidDestinationException.class);
    }

    @Test
    void anExpiredMessageIsNotDelivered() throws JMSException { // 53, 24
        Queue queue = queue();
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        MessageProducer producer = session.createProducer(queue);
        producer.setTimeToLive(-1);
        Message message = session.createTextMessage("expired at once");
        producer.send(message);
        assertThat(message.getJMSExpiration()).isNotZero();
        producer.setTimeToLive(300);
        Message brief = session.createTextMessage("short");
        producer.send(brief);
        producer.setTimeToLive(600_000);
        producer.send(session.createTextMessage("long"));
        awaitAfter(brief.getJMSExpiration());
        assertThat(text(receive(session.createConsumer(queue)))).isEqualTo("long");
    }

    @Test
    void priorityComesBeforeOrder() throws JMSException { // 6.2.9, 53
        Queue queue = queue();
        Session session = session(Session.SESSION_TRANSACTED);
        MessageProducer producer = session.createProducer(queue);
        for (int i = 0; i < 10; i++) {
            producer.setPriority(i);
            producer.send(session.createTextMessage("first " + i));
            producer.send(session.createTextMessage("second " + i));
        }
        session.commit();
        List<String> expected = new ArrayList<>();
        for (int i = 9; i >= 0; i--) {
            expected.add("first " + i);
            expected.add("second " + i);
        }
        assertThat(receive(session.createConsumer(queue), 20)).containsExactlyElementsOf(expected);
        session.commit();
    }
}
