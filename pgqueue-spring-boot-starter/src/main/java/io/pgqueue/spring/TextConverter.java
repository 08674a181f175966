// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.StringMessageConverter;

/** A String is text whatever the content type says: JSON sent as a String is not quoted once more. */
final class TextConverter extends StringMessageConverter {

    TextConverter() {
        super(StandardCharsets.UTF_8);
    }

    @Override
    protected boolean supportsMimeType(@Nullable MessageHeaders headers) {
        return true;
    }
}
