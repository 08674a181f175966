// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.benchmarks.load;

import java.util.Locale;

/** How a thread that handles messages by hand comes by its next one. */
public enum HandForm {
    /** A counter in memory hands out the ids: a limit, because nobody knows the ids in reality. */
    COUNTED,
    /** The usual table as a queue: the DELETE looks for the lowest id that nobody has locked. */
    SEARCHED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
