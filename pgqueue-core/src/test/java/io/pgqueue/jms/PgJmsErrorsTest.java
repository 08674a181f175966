// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgqueue.ConflictException;
import io.pgqueue.ForbiddenException;
import io.pgqueue.InvalidArgumentException;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.InvalidNameException;
import io.pgqueue.InvalidPropertyException;
import io.pgqueue.MessageTooLargeException;
import io.pgqueue.NotFoundException;
import io.pgqueue.PgQueueException;
import io.pgqueue.QueueFullException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.ResourceAllocationException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Jakarta Messaging 3.1, section 10.3. */
class PgJmsErrorsTest {

    private static final Map<PgQueueException, Class<? extends JMSException>> ERRORS = Map.of(
            new NotFoundException("m"), InvalidDestinationException.class,
            new InvalidNameException("m"), InvalidDestinationException.class,
            new InvalidPropertyException("m"), MessageFormatException.class,
            new MessageTooLargeException("m"), MessageFormatException.class,
            new InvalidFilterException("m"), InvalidSelectorException.class,
            new ForbiddenException("m"), JMSSecurityException.class,
            new QueueFullException("m"), ResourceAllocationException.class,
            new InvalidArgumentException("m"), JMSException.class,
            new ConflictException("m"), JMSException.class);

    @Test
    void lim1_to_lim11_everyErrorHasItsExceptionAndKeepsItsCause() {
        ERRORS.forEach((ours, theirs) -> {
            JMSException error = PgJmsErrors.of(ours);
            assertThat(error).isExactlyInstanceOf(theirs).hasMessage("m").hasCause(ours);
            assertThat(error.getLinkedException()).isSameAs(ours);
        });
    }
}
