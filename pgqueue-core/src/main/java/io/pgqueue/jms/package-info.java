// SPDX-License-Identifier: Apache-2.0
/** Jakarta Messaging 3.1 over the client: adaptation only, no SQL. */
@NullMarked
package io.pgqueue.jms;

import org.jspecify.annotations.NullMarked;
