// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

/**
 * The parts that should work in one transaction do not belong to one DataSource: a transaction manager, a {@code PgQueue}, a
 * template, a container factory. Found when they are put together, before anything is sent.
 */
public class TransactionMismatchException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    public TransactionMismatchException(String message) {
        super(message);
    }
}
