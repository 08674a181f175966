// SPDX-License-Identifier: Apache-2.0
/** The Java API: publish, receive, settle, administer; the composition root. */
@NullMarked
package io.pgqueue.client;

import org.jspecify.annotations.NullMarked;
