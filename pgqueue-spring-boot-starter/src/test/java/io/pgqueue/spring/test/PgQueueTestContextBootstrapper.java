// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.test;

import org.springframework.boot.test.autoconfigure.TestSliceTestContextBootstrapper;

/** Gives the properties of the annotation to the application. */
final class PgQueueTestContextBootstrapper extends TestSliceTestContextBootstrapper<PgQueueTest> {}
