// SPDX-License-Identifier: Apache-2.0

/** Sending inside the caller's Spring transaction. */
@NullMarked
package io.pgqueue.spring;

import org.jspecify.annotations.NullMarked;
