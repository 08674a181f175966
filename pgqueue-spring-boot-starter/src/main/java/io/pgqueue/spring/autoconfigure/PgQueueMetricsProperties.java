// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/** Configuration of the metrics. */
@ConfigurationProperties("pgqueue.metrics")
public class PgQueueMetricsProperties {

    /**
     * Whether there are metrics.
     */
    private boolean enabled = true;

    /**
     * Shortest time between two counts of the messages that wait; 1 s to 1 h.
     */
    private Duration sampleInterval = Duration.ofSeconds(10);

    public boolean isEnabled() {
        return enabled;
    }

    public void setEnabled(boolean enabled) {
        this.enabled = enabled;
    }

    public Duration getSampleInterval() {
        return sampleInterval;
    }

    public void setSampleInterval(Duration sampleInterval) {
        this.sampleInterval = sampleInterval;
    }
}
