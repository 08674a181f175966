// SPDX-License-Identifier: Apache-2.0

/** An application in Kotlin, which is beside this in {@code src/test/kotlin}. */
@NullMarked
package io.pgqueue.spring.kotlin;

import org.jspecify.annotations.NullMarked;
