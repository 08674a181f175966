// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.IllegalStateException;
import jakarta.jms.IllegalStateRuntimeException;
import jakarta.jms.InvalidClientIDException;
import jakarta.jms.InvalidClientIDRuntimeException;
import jakarta.jms.InvalidDestinationException;
import jakarta.jms.InvalidDestinationRuntimeException;
import jakarta.jms.InvalidSelectorException;
import jakarta.jms.InvalidSelectorRuntimeException;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.JMSSecurityRuntimeException;
import jakarta.jms.MessageFormatException;
import jakarta.jms.MessageFormatRuntimeException;
import jakarta.jms.MessageNotWriteableException;
import jakarta.jms.MessageNotWriteableRuntimeException;
import jakarta.jms.ResourceAllocationException;
import jakarta.jms.ResourceAllocationRuntimeException;
import jakarta.jms.TransactionInProgressException;
import jakarta.jms.TransactionInProgressRuntimeException;
import jakarta.jms.TransactionRolledBackException;
import jakarta.jms.TransactionRolledBackRuntimeException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Checked exceptions of the classic API as those of the simplified one (Jakarta Messaging 3.1, section 10.2). */
final class PgJmsUnchecked {

    private static final Map<Class<? extends JMSException>, Conversion> CONVERSIONS = Map.of(
            IllegalStateException.class, IllegalStateRuntimeException::new,
            InvalidClientIDException.class, InvalidClientIDRuntimeException::new,
            InvalidDestinationException.class, InvalidDestinationRuntimeException::new,
            InvalidSelectorException.class, InvalidSelectorRuntimeException::new,
            JMSSecurityException.class, JMSSecurityRuntimeException::new,
            MessageFormatException.class, MessageFormatRuntimeException::new,
            MessageNotWriteableException.class, MessageNotWriteableRuntimeException::new,
            ResourceAllocationException.class, ResourceAllocationRuntimeException::new,
            TransactionInProgressException.class, TransactionInProgressRuntimeException::new,
            TransactionRolledBackException.class, TransactionRolledBackRuntimeException::new);

    private PgJmsUnchecked() {}

    static <T> T get(Call<T> call) {
        try {
            return call.get();
        } catch (JMSException e) {
            throw of(e);
        }
    }

    /** As {@link #get}, for what may be null. */
    static <T> @Nullable T find(Lookup<T> call) {
        try {
            return call.get();
        } catch (JMSException e) {
            throw of(e);
        }
    }

    static void run(Action action) {
        try {
            action.run();
        } catch (JMSException e) {
            throw of(e);
        }
    }

    static JMSRuntimeException of(JMSException e) {
        return CONVERSIONS
                .getOrDefault(e.getClass(), JMSRuntimeException::new)
                .convert(String.valueOf(e.getMessage()), e.getErrorCode(), e);
    }

    @FunctionalInterface
    interface Call<T> {
        T get() throws JMSException;
    }

    @FunctionalInterface
    interface Lookup<T> {
        @Nullable
        T get() throws JMSException;
    }

    @FunctionalInterface
    interface Action {
        void run() throws JMSException;
    }

    private interface Conversion {
        JMSRuntimeException convert(String message, @Nullable String errorCode, Throwable cause);
    }
}
