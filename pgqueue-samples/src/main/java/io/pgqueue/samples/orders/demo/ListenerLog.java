// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.samples.orders.demo;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.pgqueue.samples.orders.OrdersApplication;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;

/** Shows what the application logs while it processes orders. An initializer, because logging is set up by then. */
final class ListenerLog extends AppenderBase<ILoggingEvent>
        implements ApplicationContextInitializer<ConfigurableApplicationContext> {

    private static final String LISTENER = OrdersApplication.class.getPackageName() + ".OrderListener";

    private final Part consumer;

    ListenerLog(Part consumer) {
        this.consumer = consumer;
    }

    @Override
    public void initialize(ConfigurableApplicationContext context) {
        if (LoggerFactory.getLogger(LISTENER) instanceof Logger logger) {
            setContext(logger.getLoggerContext());
            start();
            logger.addAppender(this);
        }
    }

    @Override
    protected void append(ILoggingEvent event) {
        consumer.line(event.getFormattedMessage());
    }
}
