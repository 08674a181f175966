// SPDX-License-Identifier: Apache-2.0

/** Runnable scenarios, one package each. */
@NullMarked
package io.pgqueue.samples;

import org.jspecify.annotations.NullMarked;
