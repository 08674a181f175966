// SPDX-License-Identifier: Apache-2.0

/** The running container: lease, run the handler, settle. */
@NullMarked
package io.pgqueue.spring.listener;

import org.jspecify.annotations.NullMarked;
