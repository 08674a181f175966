// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;

/** Configuration of the Actuator endpoint {@code pgqueue}. */
@ConfigurationProperties("pgqueue.endpoint")
public class PgQueueEndpointProperties {

    /**
     * Whether queues and subscriptions may be paused through the endpoint.
     */
    private boolean allowPause;

    /**
     * Whether queues and subscriptions may be resumed through the endpoint.
     */
    private boolean allowResume;

    /**
     * Whether dead letters may be brought back through the endpoint.
     */
    private boolean allowRedrive;

    /**
     * Whether waiting messages may be discarded through the endpoint.
     */
    private boolean allowPurge;

    public boolean isAllowPause() {
        return allowPause;
    }

    public void setAllowPause(boolean allowPause) {
        this.allowPause = allowPause;
    }

    public boolean isAllowResume() {
        return allowResume;
    }

    public void setAllowResume(boolean allowResume) {
        this.allowResume = allowResume;
    }

    public boolean isAllowRedrive() {
        return allowRedrive;
    }

    public void setAllowRedrive(boolean allowRedrive) {
        this.allowRedrive = allowRedrive;
    }

    public boolean isAllowPurge() {
        return allowPurge;
    }

    public void setAllowPurge(boolean allowPurge) {
        this.allowPurge = allowPurge;
    }
}
