// SPDX-License-Identifier: Apache-2.0

/** The PostgreSQL server that is measured, and what it says about itself. */
@NullMarked
package io.pgqueue.benchmarks.server;

import org.jspecify.annotations.NullMarked;
