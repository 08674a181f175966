// SPDX-License-Identifier: Apache-2.0

/** What is put under load, the engine and the raw-SQL limit, and the threads that do it. */
@NullMarked
package io.pgqueue.benchmarks.load;

import org.jspecify.annotations.NullMarked;
