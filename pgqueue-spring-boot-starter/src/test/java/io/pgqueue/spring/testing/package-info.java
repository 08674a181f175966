// SPDX-License-Identifier: Apache-2.0

/** What the starter's tests share. */
@NullMarked
package io.pgqueue.spring.testing;

import org.jspecify.annotations.NullMarked;
