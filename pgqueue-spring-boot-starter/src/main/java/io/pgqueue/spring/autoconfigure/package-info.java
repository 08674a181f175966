// SPDX-License-Identifier: Apache-2.0

/** Assembles everything on the application's DataSource. */
@NullMarked
package io.pgqueue.spring.autoconfigure;

import org.jspecify.annotations.NullMarked;
