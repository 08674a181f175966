// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.testing;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import org.jspecify.annotations.Nullable;

/** A business row. */
@Entity
public class Note {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private @Nullable Long id;

    private @Nullable String text;

    protected Note() {}

    public Note(String text) {
        this.text = text;
    }

    public @Nullable Long id() {
        return id;
    }

    public @Nullable String text() {
        return text;
    }
}
