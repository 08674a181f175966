// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

/** What is done about a bean that declares a queue, topic or subscription otherwise than it exists. */
public enum ChangedDestination {

    /** The application does not start, and the error says what differs. */
    FAIL,

    /** The application starts with what is stored, and a warning says what differs. */
    WARN,

    /**
     * What is stored is changed to what the bean says, and what waits stays. Of two releases that run at the same time and say
     * different things, the one that started last is right.
     */
    UPDATE
}
