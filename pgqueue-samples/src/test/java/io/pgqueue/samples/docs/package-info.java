// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.pgqueue.samples.docs;

import org.jspecify.annotations.NullMarked;
