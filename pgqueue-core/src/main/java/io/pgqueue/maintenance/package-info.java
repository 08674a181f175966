// SPDX-License-Identifier: Apache-2.0
/** Housekeeping that one node does at a time. */
@NullMarked
package io.pgqueue.maintenance;

import org.jspecify.annotations.NullMarked;
