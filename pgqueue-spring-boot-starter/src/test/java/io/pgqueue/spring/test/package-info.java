// SPDX-License-Identifier: Apache-2.0

/** Help for the tests of applications; part of the jar with classifier {@code tests}. */
@NullMarked
package io.pgqueue.spring.test;

import org.jspecify.annotations.NullMarked;
