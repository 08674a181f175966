-- Privileges: nobody may call anything until a role is granted it; the application owns nothing and needs no table rights.
--
-- The roles are made by the optional script roles.sql beside this folder. Where they exist, each gets the functions of its
-- families here, again at every upgrade. The name begins with zz because this file must run last.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

do $$
declare
    v_schema text := current_schema();
    v_grant  record;
    v_function regprocedure;
begin
    for v_function in
        select p.oid from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = v_schema
    loop
        execute format('revoke execute on function %s from public', v_function);
    end loop;

    for v_grant in
        select r.rolname, f.function
          from (values
               ('pgqueue_publisher', array['find_destination', 'publish', 'publish_message', 'publish_messages',
                                           'publish_with_keys', 'publish_tracked', 'outcomes', 'cancel', 'cancel_matching', 'reschedule',
                                           'oldest_client']),
               ('pgqueue_consumer',  array['find_destination', 'find_subscription', 'receive', 'browse', 'ready', 'ack', 'nack',
                                           'snooze', 'extend', 'still_held', 'release', 'pop', 'hold_as', 'register_client', 'heartbeat',
                                           'close_client',
                                           'subscribe', 'consume_temporary', 'close_consumer', 'active_consumers',
                                           'unsubscribe', 'create_temporary', 'drop_temporary', 'maintain', 'sample',
                                           'oldest_client']),
               -- Nothing that writes. Bodies are shown to it, so it is not for everybody.
               ('pgqueue_reader',    array['find_destination', 'find_subscription', 'subscription_named', 'subscription_settings', 'list_destinations',
                                           'list_subscriptions', 'stats', 'metrics', 'horizon', 'browse', 'dead_letters',
                                           'find_message', 'message_changes', 'blocked_groups', 'active_consumers',
                                           'read_history', 'routes', 'explain_given', 'explain_stored', 'same_filter',
                                           'outcomes', 'check_invariants', 'oldest_client']),
               ('pgqueue_admin',     array['create_destination', 'declare_destination', 'create_queue', 'create_topic',
                                           'create_subscription', 'active_consumers',
                                           'alter_subscription', 'alter_destination', 'read_history', 'rewind', 'change_filter', 'same_filter', 'routes', 'explain_given', 'explain_stored', 'find_destination', 'find_subscription',
                                           'list_destinations', 'list_subscriptions', 'drop_destination',
                                           'drop_subscription', 'purge', 'move_backlog', 'find_message', 'check_invariants',
                                           'edit_properties', 'set_paused', 'set_topic_paused', 'stats', 'metrics',
                                           'horizon', 'sample', 'browse', 'dead_letters',
                                           'redrive', 'repair',
                                           'message_changes', 'subscription_named', 'subscription_settings', 'discard', 'release_consumer', 'release_subscription', 'blocked_groups', 'outcomes',
                                           'cancel', 'cancel_matching', 'reschedule',
                                           'maintain', 'oldest_client'])) as g (rolname, names)
          join pg_roles r on r.rolname = g.rolname
          cross join lateral (
               select p.oid::regprocedure as function from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                where n.nspname = v_schema and p.proname = any (g.names)) as f (function)
    loop
        execute format('grant usage on schema %I to %I', v_schema, v_grant.rolname);
        execute format('grant execute on function %s to %I', v_grant.function, v_grant.rolname);
    end loop;
end
$$;
