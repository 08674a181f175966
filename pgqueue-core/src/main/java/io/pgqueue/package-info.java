// SPDX-License-Identifier: Apache-2.0
/** The words of pgqueue: what is sent, delivered, subscribed, and what can go wrong. */
@NullMarked
package io.pgqueue;

import org.jspecify.annotations.NullMarked;
