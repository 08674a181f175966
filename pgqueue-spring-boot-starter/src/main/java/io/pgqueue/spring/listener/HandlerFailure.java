// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

/** Carries what a handler threw through a transaction, so that nobody takes it for a failure of the transaction. */
final class HandlerFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Throwable thrown;

    HandlerFailure(Throwable thrown) {
        super(thrown.getMessage(), thrown, false, false);
        this.thrown = thrown;
    }

    Throwable thrown() {
        return thrown;
    }
}
