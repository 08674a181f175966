// SPDX-License-Identifier: Apache-2.0

/** Checks which package may use what, and that each check can fail. */
@NullMarked
package io.pgqueue.architecture;

import org.jspecify.annotations.NullMarked;
