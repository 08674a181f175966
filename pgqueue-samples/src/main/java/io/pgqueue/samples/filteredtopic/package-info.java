// SPDX-License-Identifier: Apache-2.0

/** A topic whose subscriptions choose by selector, by properties and by what is in the body. */
@NullMarked
package io.pgqueue.samples.filteredtopic;

import org.jspecify.annotations.NullMarked;
