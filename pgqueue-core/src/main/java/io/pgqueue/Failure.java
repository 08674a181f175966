// SPDX-License-Identifier: Apache-2.0
package io.pgqueue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;

/**
 * Why a delivery is given back; kept with its dead letter.
 *
 * @param errorClass name of the exception's class
 * @param message at most 2000 characters are kept
 * @param stack at most 8192 characters are kept; {@link #of} keeps the beginning and the last cause of a longer one
 */
public record Failure(
        @Nullable String errorClass,
        @Nullable String message,
        @Nullable String stack) {

    private static final int MESSAGE_LENGTH = 2000;
    private static final int STACK_LENGTH = 8192;

    private static final String SHORTENED = "\n\t... shortened ...";

    /** No reason known. */
    public static final Failure NONE = new Failure(null, null, null);

    public Failure {
        message = clip(message, MESSAGE_LENGTH);
        stack = clip(stack, STACK_LENGTH);
    }

    public static Failure of(Throwable error) {
        StringWriter stack = new StringWriter();
        error.printStackTrace(new PrintWriter(stack));
        return new Failure(error.getClass().getName(), error.getMessage(), withLastCause(stack.toString()));
    }

    /** A cut at the end alone would lose the cause of all others, which is printed last. */
    private static String withLastCause(String stack) {
        int cause = stack.lastIndexOf("\nCaused by: ");
        if (stack.length() <= STACK_LENGTH || cause < STACK_LENGTH / 2) {
            return stack;
        }
        String last = stack.substring(cause, Math.min(stack.length(), cause + STACK_LENGTH / 2));
        return stack.substring(0, STACK_LENGTH - last.length() - SHORTENED.length()) + SHORTENED + last;
    }

    /** The database refuses U+0000 in text. */
    private static @Nullable String clip(@Nullable String text, int length) {
        if (text == null) {
            return null;
        }
        String clean = text.replace('\0', '\uFFFD');
        return clean.length() <= length ? clean : clean.substring(0, length);
    }
}
