// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;

/** Configuration of the Actuator endpoints {@code pgqueue} and {@code pgqueuelisteners}. */
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

    private final Listeners listeners = new Listeners();

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

    public Listeners getListeners() {
        return listeners;
    }

    /** What may be done to single listeners of the application. */
    public static class Listeners {

        /**
         * Whether single listeners of this application may be started through the endpoint.
         */
        private boolean allowStart;

        /**
         * Whether single listeners of this application may be stopped through the endpoint.
         */
        private boolean allowStop;

        /**
         * Whether single listeners of this application may be paused through the endpoint.
         */
        private boolean allowPause;

        /**
         * Whether single listeners of this application may be resumed through the endpoint.
         */
        private boolean allowResume;

        public boolean isAllowStart() {
            return allowStart;
        }

        public void setAllowStart(boolean allowStart) {
            this.allowStart = allowStart;
        }

        public boolean isAllowStop() {
            return allowStop;
        }

        public void setAllowStop(boolean allowStop) {
            this.allowStop = allowStop;
        }

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
    }
}
