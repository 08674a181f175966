// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.jms;

import jakarta.jms.JMSException;
import jakarta.jms.TextMessage;
import org.jspecify.annotations.Nullable;

/** A text, null for none (Jakarta Messaging 3.1, section 3.11). */
final class PgJmsTextMessage extends PgJmsMessage implements TextMessage {

    private @Nullable String text;

    PgJmsTextMessage(@Nullable String text) {
        this.text = text;
    }

    @Override
    public void setText(@Nullable String text) throws JMSException {
        checkBodyWriteable();
        this.text = text;
    }

    @Override
    public @Nullable String getText() {
        return text;
    }

    @Override
    public void clearBody() throws JMSException {
        super.clearBody();
        text = null;
    }

    @Override
    PgJmsBody storedBody() {
        return PgJmsText.encode(text);
    }

    @Override
    boolean takes(String contentType) {
        return PgJmsText.isText(contentType) && !PgJmsText.namesCharset(contentType);
    }

    @Override
    Class<?> bodyType() {
        return String.class;
    }

    @Override
    @Nullable
    Object body() {
        return text;
    }

    @Override
    boolean hasNoBody() {
        return text == null;
    }

    @Override
    String kind() {
        return "TextMessage";
    }
}
