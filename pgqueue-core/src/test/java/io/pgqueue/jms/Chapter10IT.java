// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageNotWriteableException;
import jakarta.jms.ResourceAllocationException;
import jakarta.jms.Session;
import jakarta.jms.TransactionInProgressException;
import jakarta.jms.TransactionRolledBackException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Jakarta Messaging 3.1, chapter 10: exceptions, which each class tests besides. */
class Chapter10IT extends JmsIT {

    Chapter10IT(PGSimpleDataSource dataSource) {
        super(dataSource);
    }

    @Test
    void eachExceptionHasItsUncheckedForm() { // 10.2
        JMSException cause = new JMSException("other", "code");
        for (JMSException e : List.of(
                new IllegalStateException("x", "code"),
                new InvalidClientIDException("x", "code"),
                new InvalidDestinationException("x", "code"),
                new InvalidSelectorException("x", "code"),
                new JMSSecurityException("x", "code"),
                new MessageFormatException("x", "code"),
                new MessageNotWriteableException("x", "code"),
                new ResourceAllocationException("x", "code"),
                new TransactionInProgressException("x", "code"),
                new TransactionRolledBackException("x", "code"),
                cause)) {
            JMSRuntimeException unchecked = PgJmsUnchecked.of(e);
            assertThat(unchecked.getClass().getSimpleName())
                    .isEqualTo(e.getClass().getSimpleName().replace("Exception", "RuntimeException"));
            assertThat(unchecked.getErrorCode()).isEqualTo("code");
            assertThat(unchecked).hasCause(e);
        }
        assertThat(PgJmsUnchecked.of(new IllegalStateException("x"))).isInstanceOf(IllegalStateRuntimeException.class);
    }

    @Test
    void errorsOfTheDatabaseKeepTheirCause() throws JMSException { // 10.3
        Session session = session(Session.AUTO_ACKNOWLEDGE);
        assertThatThrownBy(() -> session.createConsumer(session.createQueue("no-such-queue")))
                .isInstanceOfSatisfying(InvalidDestinationException.class, e -> {
                    assertThat(e.getLinkedException()).isInstanceOf(io.pgqueue.NotFoundException.class);
                    assertThat(e).hasMessageContaining("no-such-queue");
                });
    }
}
