// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.docs.shop;

record Shipment(long orderId, String address) {}
