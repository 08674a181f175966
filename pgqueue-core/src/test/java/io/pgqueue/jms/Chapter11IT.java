// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnectionFactory;
import jakarta.jms.Session;
import jakarta.jms.Topic;
import jakarta.jms.TopicConnectionFactory;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, chapter 11: what is for application servers is not offered, and says so. */
class Chapter11IT extends JmsIT {

    Chapter11IT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void whatIsForApplicationServersIsRefused() throws JMSException { // 6.1.9, 6.2.1
        ConnectionFactory any = factory;
        Connection connection = closed(any.createConnection());
        Session session = connection.createSession();
        Topic topic = topic();
        Queue queue = queue();
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> connection.createConnectionConsumer(queue, null, null, 1),
                () -> connection.createDurableConnectionConsumer(topic, "x", null, null, 1),
                () -> connection.createSharedConnectionConsumer(topic, "x", null, null, 1),
                () -> connection.createSharedDurableConnectionConsumer(topic, "x", null, null, 1),
                () -> session.setMessageListener(m -> {}))) {
            assertThatThrownBy(call).isInstanceOf(JMSException.class);
        }
        assertThatThrownBy(session::run).isInstanceOf(UnsupportedOperationException.class);
        assertThat(factory)
                .isNotInstanceOf(jakarta.jms.XAConnectionFactory.class)
                .isInstanceOf(QueueConnectionFactory.class)
                .isInstanceOf(TopicConnectionFactory.class);
    }
}
