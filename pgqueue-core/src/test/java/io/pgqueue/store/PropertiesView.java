// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.store;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets tests of the filters see properties exactly as they are stored. */
public final class PropertiesView {

    private PropertiesView() {}

    public static @Nullable String of(Map<String, Object> properties) {
        return PropertiesCodec.encode(properties, Set.of());
    }
}
