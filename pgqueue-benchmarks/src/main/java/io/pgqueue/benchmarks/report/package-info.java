// SPDX-License-Identifier: Apache-2.0

/** Figures as JSON, tables and charts. */
@NullMarked
package io.pgqueue.benchmarks.report;

import org.jspecify.annotations.NullMarked;
