// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.client;

/** What happens when something is sent to, or received from, a destination that does not exist. */
public enum MissingDestination {
    /** {@link io.pgqueue.NotFoundException}, so that a misspelt name is noticed. */
    FAIL,
    /**
     * It is created with default settings: a queue, unless a topic is asked for by name. In the transaction of a send it
     * comes to be when that commits. The database user needs the right to create destinations.
     */
    CREATE
}
