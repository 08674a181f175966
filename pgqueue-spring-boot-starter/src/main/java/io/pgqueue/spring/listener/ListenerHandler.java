// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

/** The application's code of a listener: for one delivery at a time, or for several. */
public sealed interface ListenerHandler permits DeliveryHandler, BatchHandler {}
