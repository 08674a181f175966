// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.pgqueue.benchmarks.load;

import org.jspecify.annotations.NullMarked;
