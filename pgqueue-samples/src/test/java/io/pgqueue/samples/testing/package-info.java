// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.pgqueue.samples.testing;

import org.jspecify.annotations.NullMarked;
