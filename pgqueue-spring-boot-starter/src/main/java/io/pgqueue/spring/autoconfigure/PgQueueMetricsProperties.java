// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Configuration of the metrics.
 *
 * @param enabled Whether there are metrics.
 * @param sampleInterval Time between two samples of the messages that wait, of which one JVM takes each and all show
 *     it; 1 s to 5 min.
 */
@ConfigurationProperties("pgqueue.metrics")
record PgQueueMetricsProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("10s") Duration sampleInterval) {}
