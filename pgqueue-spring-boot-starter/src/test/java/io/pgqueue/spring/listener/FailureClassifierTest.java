// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.listener;

import static io.pgqueue.spring.listener.FailureDecision.DEAD_LETTER;
import static io.pgqueue.spring.listener.FailureDecision.DROP;
import static io.pgqueue.spring.listener.FailureDecision.RETRY;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import org.junit.jupiter.api.Test;
import org.springframework.messaging.converter.MessageConversionException;

/** CON-13. */
class FailureClassifierTest {

    @Test
    void whatAnotherAttemptCannotHelpIsADeadLetterAtOnce() {
        for (Throwable error : new Throwable[] {
            new MessageConversionException("x"), new ClassCastException(), new NoSuchMethodException()
        }) {
            assertThat(FailureClassifier.DEFAULT.classify(error))
                    .as("%s", error)
                    .isEqualTo(DEAD_LETTER);
            assertThat(FailureClassifier.DEFAULT.classify(new IllegalStateException(error)))
                    .as("as the cause")
                    .isEqualTo(DEAD_LETTER);
        }
        assertThat(FailureClassifier.DEFAULT.classify(new IllegalStateException()))
                .isEqualTo(RETRY);
        assertThat(FailureClassifier.DEFAULT.classify(new OutOfMemoryError())).isEqualTo(RETRY);
    }

    @Test
    void theMostSpecificTypeWins() {
        FailureClassifier classifier =
                FailureClassifier.DEFAULT.with(IOException.class, DROP).with(FileNotFoundException.class, RETRY);
        assertThat(classifier.classify(new IOException())).isEqualTo(DROP);
        assertThat(classifier.classify(new java.net.SocketException()))
                .as("a subclass")
                .isEqualTo(DROP);
        assertThat(classifier.classify(new FileNotFoundException())).isEqualTo(RETRY);
        FailureClassifier reverse = FailureClassifier.DEFAULT
                .with(FileNotFoundException.class, RETRY)
                .with(IOException.class, DROP);
        assertThat(reverse.classify(new FileNotFoundException()))
                .as("in whatever order")
                .isEqualTo(RETRY);
    }

    @Test
    void causesAreSearched() {
        FailureClassifier classifier = FailureClassifier.DEFAULT
                .with(RuntimeException.class, RETRY)
                .with(FileNotFoundException.class, DEAD_LETTER);
        Throwable deep = new InvocationTargetException(new UncheckedIOException(new FileNotFoundException()));
        assertThat(classifier.classify(deep))
                .as("closer to its type than the outer")
                .isEqualTo(DEAD_LETTER);
        assertThat(classifier.classify(new UncheckedIOException(new IOException())))
                .isEqualTo(RETRY);
        Exception first = new Exception();
        Exception second = new Exception(first);
        first.initCause(second);
        assertThat(classifier.classify(second)).as("two that cause each other").isEqualTo(RETRY);
    }
}
