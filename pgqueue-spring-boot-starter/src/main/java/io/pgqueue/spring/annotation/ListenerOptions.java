// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.annotation;

import io.pgqueue.spring.listener.AckMode;
import io.pgqueue.spring.listener.ContainerOptions;
import io.pgqueue.spring.listener.ListenerErrorHandler;
import io.pgqueue.spring.listener.RetryBackoff;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;

/** What an annotation says about how its container runs. */
final class ListenerOptions {

    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(5);

    private final PgListener listener;
    private final ListenerTexts texts;
    private final BeanFactory beans;

    ListenerOptions(PgListener listener, ListenerTexts texts, BeanFactory beans) {
        this.listener = listener;
        this.texts = texts;
        this.beans = beans;
    }

    ContainerOptions.Builder apply(ContainerOptions.Builder options) {
        concurrency(options);
        AckMode ackMode = texts.parse(
                "ackMode",
                listener.ackMode(),
                text -> AckMode.valueOf(text.toUpperCase(Locale.ROOT)),
                "TRANSACTION, AUTO, MANUAL or NONE");
        if (ackMode != null) {
            options.ackMode(ackMode);
        }
        Integer batchSize = texts.number("batchSize", listener.batchSize());
        if (batchSize != null) {
            options.batchSize(batchSize);
        }
        Integer messages = texts.number("messagesPerTransaction", listener.messagesPerTransaction());
        if (messages != null) {
            options.messagesPerTransaction(messages);
        }
        Duration lease = texts.duration("lease", listener.lease());
        if (lease != null) {
            options.lease(lease);
        }
        Boolean autoStartup = texts.flag("autoStartup", listener.autoStartup());
        if (autoStartup != null) {
            options.autoStartup(autoStartup);
        }
        failures(options);
        for (String property : listener.properties()) {
            property(property, options);
        }
        return options;
    }

    private void concurrency(ContainerOptions.Builder options) {
        int[] bounds =
                texts.parse("concurrency", listener.concurrency(), ListenerOptions::bounds, "a number or two, as 1-8");
        if (bounds != null) {
            options.concurrency(bounds[0], bounds[1]);
        }
    }

    private static int[] bounds(String text) {
        String[] parts = text.split("-", 2);
        return new int[] {Integer.parseInt(parts[0].strip()), Integer.parseInt(parts[parts.length - 1].strip())};
    }

    private void failures(ContainerOptions.Builder options) {
        Integer maxAttempts = texts.number("maxAttempts", listener.maxAttempts());
        if (maxAttempts != null) {
            options.maxAttempts(maxAttempts);
        }
        RetryBackoff backoff = backoff();
        if (backoff != null) {
            options.backoff(backoff);
        }
        String deadLetterQueue = texts.text("deadLetterQueue", listener.deadLetterQueue());
        if (deadLetterQueue != null) {
            options.deadLetterQueue(deadLetterQueue);
        }
        String errorHandler = texts.text("errorHandler", listener.errorHandler());
        if (errorHandler != null) {
            options.errorHandler(beans.getBean(errorHandler, ListenerErrorHandler.class));
        }
    }

    private @Nullable RetryBackoff backoff() {
        Duration first = texts.duration("backoff", listener.backoff());
        Double multiplier = texts.parse("backoffMultiplier", listener.backoffMultiplier(), Double::valueOf, "a number");
        Duration longest = texts.duration("backoffMax", listener.backoffMax());
        if (first == null) {
            if (multiplier != null || longest != null) {
                throw new IllegalStateException("backoffMultiplier and backoffMax need a backoff");
            }
            return null;
        }
        if (longest == null) {
            longest = first.compareTo(LONGEST_BACKOFF) > 0 ? first : LONGEST_BACKOFF;
        }
        return new RetryBackoff(first, multiplier == null ? 1 : multiplier, longest);
    }

    private void property(String written, ContainerOptions.Builder options) {
        String text = texts.text("properties", written);
        if (text == null) {
            return;
        }
        int equals = text.indexOf('=');
        String name = (equals < 0 ? text : text.substring(0, equals)).strip();
        Duration value = texts.duration(name, equals < 0 ? "" : text.substring(equals + 1));
        if (value == null) {
            throw new IllegalStateException("properties has '" + text + "', must be name=value");
        }
        switch (name) {
            case "max-processing-time" -> options.maxProcessingTime(value);
            case "transaction-timeout" -> options.transactionTimeout(value);
            case "shutdown-timeout" -> options.shutdownTimeout(value);
            case "idle-event-interval" -> options.idleEventInterval(value);
            default ->
                throw new IllegalStateException("properties has '" + name + "', must be max-processing-time, "
                        + "transaction-timeout, shutdown-timeout or idle-event-interval");
        }
    }
}
