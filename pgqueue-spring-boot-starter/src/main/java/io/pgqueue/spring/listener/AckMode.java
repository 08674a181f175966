// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

/** When a delivery that was handled without an error is acknowledged. */
public enum AckMode {

    /**
     * The handler's work in the database and the ack are one transaction: its effects happen exactly once. If the lease
     * was lost meanwhile, everything rolls back.
     */
    TRANSACTION,

    /**
     * After the handler has returned, merged with the acks of others: at least once. For handlers that do nothing in this
     * database, or the same when done twice.
     */
    AUTO,

    /**
     * By the handler, through its {@link Acknowledgement}, also in another thread after it has returned. What is not settled
     * then is logged and comes back when its lease ends.
     */
    MANUAL,

    /**
     * Before the handler is called: at most once. What fails is logged and lost, by choice.
     */
    NONE
}
