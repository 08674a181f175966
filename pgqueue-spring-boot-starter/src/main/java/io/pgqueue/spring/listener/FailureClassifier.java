// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import io.pgqueue.Delivery;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.springframework.messaging.converter.MessageConversionException;

/**
 * Decides by the type of the exception. Of the exception and its causes, the one closest to a type that is named decides;
 * of two equally close ones the outer. Types nobody named are retried. Immutable and safe for use by several threads.
 */
public final class FailureClassifier implements ListenerErrorHandler {

    /**
     * Dead letters at once where another attempt cannot help: what cannot be converted, validated or passed to the handler,
     * {@link MessageConversionException}, {@link ClassCastException}, {@link NoSuchMethodException}.
     */
    public static final FailureClassifier DEFAULT = new FailureClassifier(Map.of(
            UnreadableDeliveryException.class,
            FailureDecision.DEAD_LETTER,
            MessageConversionException.class,
            FailureDecision.DEAD_LETTER,
            ClassCastException.class,
            FailureDecision.DEAD_LETTER,
            NoSuchMethodException.class,
            FailureDecision.DEAD_LETTER));

    private final Map<Class<? extends Throwable>, FailureDecision> decisions;

    private FailureClassifier(Map<Class<? extends Throwable>, FailureDecision> decisions) {
        this.decisions = decisions;
    }

    /** Subclasses too, unless one of them is named itself. */
    public FailureClassifier with(Class<? extends Throwable> type, FailureDecision decision) {
        Map<Class<? extends Throwable>, FailureDecision> more = new HashMap<>(decisions);
        more.put(type, decision);
        return new FailureClassifier(Map.copyOf(more));
    }

    @Override
    public FailureDecision handle(Delivery delivery, Throwable error) {
        return classify(error);
    }

    public FailureDecision classify(Throwable error) {
        FailureDecision closest = FailureDecision.RETRY;
        int distance = Integer.MAX_VALUE;
        for (Throwable one : withCauses(error)) {
            int steps = 0;
            for (Class<?> type = one.getClass(); type != null && steps < distance; type = type.getSuperclass()) {
                FailureDecision found = decisions.get(type);
                if (found != null) {
                    closest = found;
                    distance = steps;
                }
                steps++;
            }
        }
        return closest;
    }

    private static Deque<Throwable> withCauses(Throwable error) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Throwable> all = new ArrayDeque<>();
        for (Throwable one = error; one != null && seen.add(one); one = one.getCause()) {
            all.add(one);
        }
        return all;
    }
}
