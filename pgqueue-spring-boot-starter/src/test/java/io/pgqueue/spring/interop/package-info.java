// SPDX-License-Identifier: Apache-2.0

/** JMS clients that others wrote, unchanged, on our connection factory. */
@NullMarked
package io.pgqueue.spring.interop;

import org.jspecify.annotations.NullMarked;
