// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.JacksonJsonMessageConverter;
import tools.jackson.databind.json.JsonMapper;

/** Everything else is JSON: SQL publishers and other languages often give no content type, or a vendor's one. */
final class JsonConverter extends JacksonJsonMessageConverter {

    JsonConverter(JsonMapper mapper) {
        super(mapper);
    }

    @Override
    protected boolean supportsMimeType(@Nullable MessageHeaders headers) {
        return true;
    }
}
