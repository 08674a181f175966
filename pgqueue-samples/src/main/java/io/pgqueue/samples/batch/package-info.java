// SPDX-License-Identifier: Apache-2.0

/** Many messages at a time, of which one may fail. */
@NullMarked
package io.pgqueue.samples.batch;

import org.jspecify.annotations.NullMarked;
