// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders;

/** The message: an order waits to be processed. */
record OrderPlaced(long orderId, int number) {}
