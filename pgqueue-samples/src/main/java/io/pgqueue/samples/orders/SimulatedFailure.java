// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

/** Stands for whatever goes wrong in a real handler. */
final class SimulatedFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    SimulatedFailure(int number, int attempt) {
        super("Order " + number + " fails at attempt " + attempt + ", on purpose; it will be tried again");
    }
}
