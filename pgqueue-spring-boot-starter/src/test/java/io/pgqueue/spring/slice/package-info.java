// SPDX-License-Identifier: Apache-2.0

/** An application whose listeners are tested alone. */
@NullMarked
package io.pgqueue.spring.slice;

import org.jspecify.annotations.NullMarked;
