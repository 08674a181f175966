// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.ForbiddenException;
import io.pgqueue.InvalidFilterException;
import io.pgqueue.InvalidNameException;
import io.pgqueue.InvalidPropertyException;
import io.pgqueue.MessageTooLargeException;
import io.pgqueue.NotFoundException;
import io.pgqueue.OutcomeUnknownException;
import io.pgqueue.PgQueueException;
import io.pgqueue.QueueFullException;
import io.pgqueue.UnavailableException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.ResourceAllocationException;
import java.sql.SQLException;

/** Our errors as those of Jakarta Messaging 3.1, section 10.3; the original is cause and linked exception. */
final class PgJmsErrors {

    /** Error code of a send, acknowledgement or commit of which nobody knows whether it was done. */
    static final String OUTCOME_UNKNOWN = "outcome-unknown";

    private PgJmsErrors() {}

    static JMSException of(PgQueueException e) {
        return withCause(matching(e, String.valueOf(e.getMessage())), e);
    }

    private static JMSException matching(PgQueueException e, String message) {
        if (e instanceof NotFoundException || e instanceof InvalidNameException) {
            return new InvalidDestinationException(message);
        }
        if (e instanceof MessageTooLargeException || e instanceof InvalidPropertyException) {
            return new MessageFormatException(message);
        }
        if (e instanceof InvalidFilterException) {
            return new InvalidSelectorException(message);
        }
        if (e instanceof ForbiddenException) {
            return new JMSSecurityException(message);
        }
        if (e instanceof QueueFullException) {
            return new ResourceAllocationException(message);
        }
        if (e instanceof OutcomeUnknownException) {
            return new JMSException(message, OUTCOME_UNKNOWN);
        }
        return new JMSException(message);
    }

    /** Of what nobody expected: a pool's own exception, for example. */
    static JMSException ofAny(String what, Throwable failure) {
        if (failure instanceof PgQueueException known) {
            return of(known);
        }
        JMSException error = new JMSException(what + ": " + failure);
        error.initCause(failure);
        if (failure instanceof Exception linked) {
            error.setLinkedException(linked);
        }
        return error;
    }

    /** For what the client would call an outage, met outside of it. */
    static UnavailableException unavailable(SQLException e) {
        return new UnavailableException("The database cannot be reached: " + e.getMessage(), e);
    }

    static <E extends JMSException> E withCause(E error, Exception cause) {
        error.initCause(cause);
        error.setLinkedException(cause);
        return error;
    }
}
