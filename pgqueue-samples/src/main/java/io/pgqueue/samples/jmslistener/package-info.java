// SPDX-License-Identifier: Apache-2.0

/** An application with {@code JmsTemplate} and {@code @JmsListener} that has moved here from a broker. */
@NullMarked
package io.pgqueue.samples.jmslistener;

import org.jspecify.annotations.NullMarked;
