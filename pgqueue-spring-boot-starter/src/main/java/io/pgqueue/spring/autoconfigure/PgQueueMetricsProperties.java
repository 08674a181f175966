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
     * Time between two samples of the messages that wait, of which one JVM takes each and all show it; 1 s to 5 min.
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
