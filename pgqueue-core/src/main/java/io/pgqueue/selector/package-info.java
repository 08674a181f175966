// SPDX-License-Identifier: Apache-2.0
/**
 * The filter languages: selectors, attribute filters and body filters become one expression tree, and that one jsonpath
 * text which PostgreSQL evaluates. Nothing is evaluated in Java and no user text becomes SQL.
 */
@NullMarked
package io.pgqueue.selector;

import org.jspecify.annotations.NullMarked;
