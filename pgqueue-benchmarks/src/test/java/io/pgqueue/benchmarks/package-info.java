// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.pgqueue.benchmarks;

import org.jspecify.annotations.NullMarked;
