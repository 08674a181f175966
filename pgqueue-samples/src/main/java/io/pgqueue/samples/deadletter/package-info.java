// SPDX-License-Identifier: Apache-2.0

/** Retries, dead letters, and the two ways back: repaired one by one, or all again when the cause is gone. */
@NullMarked
package io.pgqueue.samples.deadletter;

import org.jspecify.annotations.NullMarked;
