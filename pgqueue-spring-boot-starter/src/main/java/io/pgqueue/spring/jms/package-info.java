// SPDX-License-Identifier: Apache-2.0

/** {@code @JmsListener} containers that wait outside the transaction and acknowledge in it. */
@NullMarked
package io.pgqueue.spring.jms;

import org.jspecify.annotations.NullMarked;
