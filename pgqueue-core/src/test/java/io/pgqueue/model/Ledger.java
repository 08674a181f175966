// SPDX-License-Identifier: Apache-2.0
package io.pgqueue.model;

import io.pgqueue.sql.Sql;
import io.pgqueue.sql.Sql.Held;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What was done, in a table of the same database and written by the transaction that did it: so there is no operation of
 * which nobody knows whether it was committed, whenever a session is killed. A moved message belongs to the family of the
 * subscription that it was sent to.
 */
final class Ledger {

    private static final String TABLES = """
            create schema ledger;
            create table ledger.event (
                seq           bigserial primary key,
                kind          text not null,
                subscription  integer not null,
                family        integer not null,
                message_id    uuid,
                position      bigint,
                epoch         integer,
                group_key     text,
                vague         boolean not null default false,
                dedup_key     text,
                count         bigint not null default 1
            );
            create index on ledger.event (message_id)
            """;

    private Ledger() {}

    static void create(Sql sql) throws SQLException {
        sql.run(TABLES);
    }

    /** vague: that it may be replaced, so nobody misses it; in a group: that it may come late. */
    static void sent(
            Sql sql,
            int subscription,
            UUID id,
            long position,
            @Nullable String group,
            boolean vague,
            @Nullable String dedupKey)
            throws SQLException {
        sql.run(
                "insert into ledger.event (kind, subscription, family, message_id, position, group_key, vague, dedup_key) "
                        + "values ('sent', ?, ?, ?, ?, ?, ?, ?)",
                subscription,
                subscription,
                id,
                position,
                group,
                vague,
                dedupKey);
    }

    static void acked(Sql sql, int family, Held held) throws SQLException {
        sql.run(
                "insert into ledger.event (kind, subscription, family, message_id, position, epoch, group_key) "
                        + "select 'acked', ?, ?, ?::uuid, ?, ?, (select s.group_key from ledger.event s "
                        + "where s.kind = 'sent' and s.message_id = ?::uuid limit 1)",
                held.subscription(),
                family,
                held.id(),
                held.position(),
                held.epoch(),
                held.id());
    }

    /** Ended without an ack: one that is known, or so many that are not. */
    static void gone(Sql sql, int subscription, int family, @Nullable UUID id, long count) throws SQLException {
        if (count > 0) {
            sql.run(
                    "insert into ledger.event (kind, subscription, family, message_id, count) values ('gone', ?, ?, ?, ?)",
                    subscription,
                    family,
                    id,
                    count);
        }
    }

    static void moved(Sql sql, int from, int to, long count) throws SQLException {
        sql.run(
                "insert into ledger.event (kind, subscription, family, count) values ('moved', ?, ?, ?)",
                to,
                from,
                count);
    }

    /** From now on its place in its group is not what its position says. */
    static void late(Sql sql, int subscription, UUID id) throws SQLException {
        sql.run(
                "insert into ledger.event (kind, subscription, family, message_id) values ('late', ?, ?, ?)",
                subscription,
                subscription,
                id);
    }

    /** Copies that ended more than once, or were never sent. */
    static List<Object> twiceOrNever(Sql sql) throws SQLException {
        return sql.column("""
                with final as (
                    select e.family, e.message_id, e.kind from ledger.event e
                     where e.kind in ('acked', 'gone') and e.message_id is not null
                    union all
                    select case when s.name = 'spare' then (select id from pgqueue.subscription where name = 'orders') else s.id end,
                           d.message_id, 'dead'
                      from pgqueue.dead_letter d join pgqueue.subscription s on s.id = d.subscription_id)
                select format('%s of family %s: %s', f.message_id, f.family, string_agg(f.kind, ', ')) from final f
                 group by f.family, f.message_id
                having count(*) > 1
                    or not exists (select from ledger.event e
                                    where e.kind = 'sent' and e.family = f.family and e.message_id = f.message_id)
                """);
    }

    /** Families in which more or fewer copies are missing than were discarded without a name. */
    static List<Object> lost(Sql sql) throws SQLException {
        return sql.column("""
                with missing as (
                    select e.family, count(*) as count, min(e.message_id::text) as example from ledger.event e
                     where e.kind = 'sent' and not e.vague
                       and not exists (select from ledger.event f
                                        where f.kind in ('acked', 'gone') and f.family = e.family and f.message_id = e.message_id)
                       and not exists (select from pgqueue.dead_letter d
                                        where d.message_id = e.message_id
                                          and d.subscription_id in (e.family, (select id from pgqueue.subscription where name = 'spare')))
                     group by e.family
                ), unnamed as (
                    select e.family, sum(e.count) as count from ledger.event e
                     where e.kind = 'gone' and e.message_id is null group by e.family
                )
                select format('family %s: %s missing (%s), %s discarded', family, coalesce(m.count, 0), m.example,
                              coalesce(u.count, 0))
                  from missing m full join unnamed u using (family)
                 where coalesce(m.count, 0) <> coalesce(u.count, 0)
                """);
    }

    /** Members of groups acked before one with a lower position. */
    static List<Object> outOfOrder(Sql sql) throws SQLException {
        return sql.column("""
                with in_order as (
                    select e.* from ledger.event e
                     where e.kind = 'acked' and e.group_key is not null
                       and not exists (select from ledger.event l where l.kind = 'late' and l.message_id = e.message_id))
                select format('group %s of %s: %s after %s', o.group_key, o.subscription, o.position, o.before)
                  from (select i.*, max(i.position) over (partition by i.subscription, i.group_key order by i.seq
                                                          rows between unbounded preceding and 1 preceding) as before
                          from in_order i) o
                 where o.position < o.before
                """);
    }

    static List<Object> keysUsedTwice(Sql sql) throws SQLException {
        return sql.column(
                "select dedup_key from ledger.event where dedup_key is not null group by dedup_key having count(*) > 1");
    }

    /** Subscriptions whose totals are not what was done. */
    static List<Object> wrongTotals(Sql sql) throws SQLException {
        Object[] acked = sql.column("select s.id from pgqueue.subscription s order by s.id")
                .toArray();
        sql.run("select setval('pgqueue.sample_due_ms', 1)");
        sql.run(
                "select pgqueue.sample(0, ?, ?)",
                sql.connection().createArrayOf("integer", acked),
                sql.connection()
                        .createArrayOf(
                                "bigint",
                                sql.column(
                                                "select (select count(*) from ledger.event e where e.kind = 'acked' "
                                                        + "and e.subscription = s.id) from pgqueue.subscription s order by s.id")
                                        .toArray()));
        return sql.column("""
                select format('%s: published %s of %s, acked %s, discarded %s, moved %s, dead %s of %s, waiting %s',
                              m.subscription, m.published, d.sent, m.acked, m.discarded, m.moved, m.dead, d.dead,
                              m.ready + m.leased + m.delayed + m.retrying)
                  from pgqueue.metrics() m
                 cross join lateral (
                       select (select coalesce(sum(e.count), 0) from ledger.event e
                                where e.subscription = m.subscription_id and e.kind in ('sent', 'moved')) as sent,
                              (select count(*) from pgqueue.dead_letter l where l.subscription_id = m.subscription_id) as dead) d
                 where m.published <> d.sent or m.dead <> d.dead or m.ready + m.leased + m.delayed + m.retrying > 0
                """);
    }
}
