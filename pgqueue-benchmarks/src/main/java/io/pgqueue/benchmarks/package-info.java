// SPDX-License-Identifier: Apache-2.0

/** Measures the engine from the command line, next to its peers. */
@NullMarked
package io.pgqueue.benchmarks;

import org.jspecify.annotations.NullMarked;
