// SPDX-License-Identifier: Apache-2.0

/** One command for each question that is measured. */
@NullMarked
package io.pgqueue.benchmarks.scenario;

import org.jspecify.annotations.NullMarked;
