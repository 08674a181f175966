// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.spring.autoconfigure;

import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;

/** There is a DataSource to use: the only one, the primary one, or one that is qualified. */
final class QueueDataSource extends AnyNestedCondition {

    QueueDataSource() {
        super(ConfigurationPhase.REGISTER_BEAN);
    }

    @ConditionalOnSingleCandidate(DataSource.class)
    static final class Single {}

    @ConditionalOnBean(annotation = PgQueueDataSource.class)
    static final class Qualified {}
}
