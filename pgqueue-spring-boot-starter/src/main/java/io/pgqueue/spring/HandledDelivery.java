// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import io.pgqueue.Delivery;
import org.jspecify.annotations.Nullable;

/** The delivery that the calling thread handles, if any: what it sends is part of the same conversation. */
public final class HandledDelivery {

    private static final ThreadLocal<@Nullable Delivery> CURRENT = new ThreadLocal<>();

    private HandledDelivery() {}

    /** Null outside a handler of one delivery. */
    public static @Nullable Delivery current() {
        return CURRENT.get();
    }

    /** Does something for a delivery. */
    public static void with(Delivery delivery, Work work) throws Exception {
        Delivery outer = CURRENT.get();
        CURRENT.set(delivery);
        try {
            work.run();
        } finally {
            if (outer == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(outer);
            }
        }
    }

    /** What is done for a delivery. */
    @FunctionalInterface
    public interface Work {

        void run() throws Exception;
    }
}
