// SPDX-License-Identifier: Apache-2.0

/** Runs the order system with a database, a creator of orders, a live view and a final check: nothing an application needs. */
@NullMarked
package io.pgqueue.samples.orders.demo;

import org.jspecify.annotations.NullMarked;
