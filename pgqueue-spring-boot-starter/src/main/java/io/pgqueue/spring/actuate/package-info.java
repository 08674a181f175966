// SPDX-License-Identifier: Apache-2.0
/** Optional, for applications with Actuator or Micrometer: health, endpoint, metrics and traces. */
@NullMarked
package io.pgqueue.spring.actuate;

import org.jspecify.annotations.NullMarked;
