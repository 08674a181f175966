// SPDX-License-Identifier: Apache-2.0
/**
 * Random walks over the SQL functions, checked step by step against a model in memory; and planted faults, each of which
 * such walks must find.
 */
@NullMarked
package io.pgqueue.model;

import org.jspecify.annotations.NullMarked;
