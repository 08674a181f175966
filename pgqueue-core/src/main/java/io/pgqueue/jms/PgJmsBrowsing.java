// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import io.pgqueue.BrowsePage;
import io.pgqueue.BrowsePage.Cursor;
import io.pgqueue.BrowsedMessage;
import io.pgqueue.Delivery;
import io.pgqueue.Lease;
import io.pgqueue.client.BrowseOptions;
import jakarta.jms.JMSException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Enumeration;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One walk through a queue, page by page in the order of delivery. At the end it walks once more for what was sent
 * meanwhile, which has a position above all that was there, but may come first by its priority. A walk that finds nothing
 * new is the end.
 */
final class PgJmsBrowsing implements Enumeration<PgJmsMessage> {

    private final PgJmsConnection connection;
    private final PgJmsDestination queue;
    private final BrowseOptions options;
    private final BooleanSupplier closed;
    private final Deque<BrowsedMessage> page = new ArrayDeque<>();
    private @Nullable Cursor next;
    private boolean begun;
    private boolean found;
    private boolean ended;
    private long seenBefore = -1;
    private long highest = -1;

    PgJmsBrowsing(PgJmsConnection connection, PgJmsDestination queue, BrowseOptions options, BooleanSupplier closed) {
        this.connection = connection;
        this.queue = queue;
        this.options = options;
        this.closed = closed;
    }

    /** @throws jakarta.jms.JMSRuntimeException if the database does not answer */
    @Override
    public boolean hasMoreElements() {
        if (closed.getAsBoolean()) {
            return false;
        }
        while (page.isEmpty() && !ended) {
            PgJmsUnchecked.run(this::readOn);
        }
        return !page.isEmpty();
    }

    @Override
    public PgJmsMessage nextElement() {
        if (!hasMoreElements()) {
            throw new NoSuchElementException("The end of the queue was reached, or the browser is closed");
        }
        return PgJmsUnchecked.get(() -> message(page.remove()));
    }

    private void readOn() throws JMSException {
        if (begun && next == null) {
            if (!found) {
                ended = true;
                return;
            }
            seenBefore = highest;
            found = false;
        }
        begun = true;
        Cursor after = next;
        BrowsePage read = connection
                .link()
                .call(() -> connection.engine().independentQueue().browse(null, queue.name(), options, after));
        next = read.next();
        for (BrowsedMessage message : read.messages()) {
            if (message.position() > seenBefore) {
                page.add(message);
                found = true;
                highest = Math.max(highest, message.position());
            }
        }
    }

    private PgJmsMessage message(BrowsedMessage browsed) throws JMSException {
        Lease none = new Lease(0, 0, browsed.headers().priority(), browsed.position(), 0, Instant.EPOCH, false);
        return connection
                .engine()
                .codec()
                .receive(
                        new Delivery(
                                browsed.messageId(),
                                queue.name(),
                                queue.name(),
                                browsed.body(),
                                browsed.properties(),
                                browsed.headers(),
                                browsed.attempts(),
                                browsed.replays(),
                                none),
                        queue);
    }
}
