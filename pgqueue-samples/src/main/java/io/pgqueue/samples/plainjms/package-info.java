// SPDX-License-Identifier: Apache-2.0

/** Jakarta Messaging without Spring. */
@NullMarked
package io.pgqueue.samples.plainjms;

import org.jspecify.annotations.NullMarked;
