// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import java.sql.SQLException;
import java.util.concurrent.ExecutionException;

/**
 * A way to handle messages, each with one INSERT that commits together with the end of the message. Used by one thread,
 * whatever it starts itself.
 */
public interface Handling extends AutoCloseable {

    /** The table every handler writes to. */
    String EFFECTS = "pgqueue_benchmark_effect";

    String name();

    /** Makes so many messages wait, and nothing else. */
    void fill(Bodies bodies, int messages) throws SQLException;

    /** Handles all of them; the nanoseconds from the first to the last commit's return. */
    long handle(int messages) throws InterruptedException, ExecutionException;

    @Override
    void close();
}
