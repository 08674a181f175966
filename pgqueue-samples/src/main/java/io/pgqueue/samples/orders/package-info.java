// SPDX-License-Identifier: Apache-2.0

/** An order system: an API that stores an order and publishes it in one transaction, and a listener that processes it. */
@NullMarked
package io.pgqueue.samples.orders;

import org.jspecify.annotations.NullMarked;
