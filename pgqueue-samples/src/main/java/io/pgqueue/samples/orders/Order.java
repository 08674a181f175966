// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.BigDecimal;

/**
 * A stored order.
 *
 * @param state NEW or PROCESSED
 * @param processedCount how many transactions that processed it were committed; anything but 0 and 1 is a fault
 * @param attempts which attempt that was, 0 before
 */
record Order(
        @JsonProperty("order_id") long id,
        int number,
        String customer,
        @JsonFormat(shape = JsonFormat.Shape.STRING) BigDecimal amount,
        String state,
        @JsonProperty("processed_count") int processedCount,
        int attempts) {}
