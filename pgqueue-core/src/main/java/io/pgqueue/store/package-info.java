// SPDX-License-Identifier: Apache-2.0
/** The only caller of the SQL functions: one class for each function family. */
@NullMarked
package io.pgqueue.store;

import org.jspecify.annotations.NullMarked;
