// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import io.pgqueue.spring.PgTemplate;

/** A bean of this type changes the auto-configured template, after the properties were applied. */
@FunctionalInterface
public interface PgTemplateCustomizer {

    void customize(PgTemplate.Builder builder);
}
