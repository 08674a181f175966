// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import java.math.BigDecimal;

/** What a client sends to {@code POST /orders}; refused with 400 when a value makes no sense. */
record NewOrder(int number, String customer, BigDecimal amount) {

    NewOrder {
        if (number < 1 || customer == null || customer.isBlank() || amount == null || amount.signum() < 0) {
            throw new IllegalArgumentException(
                    "An order needs a number from 1, a customer and an amount that is not negative");
        }
    }
}
