// SPDX-License-Identifier: Apache-2.0
/** Hints that something may be ready, between JVMs by LISTEN and NOTIFY; polling is the truth. */
@NullMarked
package io.pgqueue.wakeup;

import org.jspecify.annotations.NullMarked;
