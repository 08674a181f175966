// SPDX-License-Identifier: Apache-2.0
/** Brings the schema to this version, once, under an advisory lock. */
@NullMarked
package io.pgqueue.schema;

import org.jspecify.annotations.NullMarked;
