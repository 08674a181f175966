// SPDX-License-Identifier: Apache-2.0

/** The recipe for Spring without the starter. */
@NullMarked
package io.pgqueue.samples.docs.byhand;

import org.jspecify.annotations.NullMarked;
