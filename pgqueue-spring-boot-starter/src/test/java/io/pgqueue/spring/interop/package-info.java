// SPDX-License-Identifier: Apache-2.0

/** What others wrote, unchanged: JMS clients on our connection factory, Flyway, Spring Modulith. */
@NullMarked
package io.pgqueue.spring.interop;

import org.jspecify.annotations.NullMarked;
