// SPDX-License-Identifier: Apache-2.0
/** Borrow, join and return a connection; no SQL of ours. */
@NullMarked
package io.pgqueue.jdbc;

import org.jspecify.annotations.NullMarked;
