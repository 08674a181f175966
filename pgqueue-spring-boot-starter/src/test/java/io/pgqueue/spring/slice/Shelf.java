// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.slice;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.stereotype.Component;

@Component
class Shelf {

    final List<String> parcels = new CopyOnWriteArrayList<>();
}
