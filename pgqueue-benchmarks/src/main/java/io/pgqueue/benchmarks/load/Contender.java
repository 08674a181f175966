// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * Something that can be put under load. Sending and receiving by any number of threads, everything else while no load
 * runs.
 */
public interface Contender extends AutoCloseable {

    String name();

    /** Publishes all in one durable transaction, to every subscription. */
    void send(List<byte[]> bodies);

    /**
     * At most {@code max} messages of one subscription; empty when there is none within the time.
     *
     * @param subscription from 0
     */
    Batch receive(int subscription, int max, Duration wait) throws InterruptedException;

    /** Settles all of {@code done}, durably, and receives the next. */
    default Batch turn(Batch done, int subscription, int max, Duration wait) throws InterruptedException {
        done.ack();
        return receive(subscription, max, wait);
    }

    /** How many to receive at a time when each is settled by itself. */
    int receiveForSingleAcks();

    /** Removes everything that earlier runs left, garbage included. */
    void reset() throws SQLException;

    /** Lets the planner see the tables as they are now. */
    void analyse() throws SQLException;

    @Override
    void close();
}
