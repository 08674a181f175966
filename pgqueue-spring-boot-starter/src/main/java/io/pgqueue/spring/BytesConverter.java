// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.ByteArrayMessageConverter;

/** Bytes are passed on as they are, whatever the content type says. */
final class BytesConverter extends ByteArrayMessageConverter {

    @Override
    protected boolean supportsMimeType(@Nullable MessageHeaders headers) {
        return true;
    }
}
