// SPDX-License-Identifier: Apache-2.0

/** Ask and wait for the answer; and answers that go on to the next queue. */
@NullMarked
package io.pgqueue.samples.requestreply;

import org.jspecify.annotations.NullMarked;
