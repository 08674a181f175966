// SPDX-License-Identifier: Apache-2.0

/** Declaring listeners on methods of beans. */
@NullMarked
package io.pgqueue.spring.annotation;

import org.jspecify.annotations.NullMarked;
