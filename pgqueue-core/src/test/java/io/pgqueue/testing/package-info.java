// SPDX-License-Identifier: Apache-2.0

/** Gives a test, a sample or a benchmark a real PostgreSQL server without installing one. */
@NullMarked
package io.pgqueue.testing;

import org.jspecify.annotations.NullMarked;
