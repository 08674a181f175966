-- Roles for an application that owns nothing and has no table rights. Optional; run it once for a server, as a user who
-- may create roles. Safe to repeat.
--
--   pgqueue_owner      owns the schema and everything in it; nobody logs in as it
--   pgqueue_publisher  may publish
--   pgqueue_consumer   may receive, settle, subscribe as a client and take part in maintenance
--   pgqueue_reader     may look at everything, messages included, and change nothing: metrics, gauges, support
--   pgqueue_admin      may create, change and drop destinations, and handle dead letters
--
-- 1. Run this script.
-- 2. Make the schema the owner's, and let the user who migrates act as the owner:
--        create schema pgqueue authorization pgqueue_owner;
--        grant pgqueue_owner to migrating_user;
--        alter role migrating_user set role pgqueue_owner;
--    The functions run with their owner's rights, so the owner needs none outside this schema and must not be a superuser.
-- 3. Migrate as that user. The last script, R__zz_privileges.sql, grants each role its functions. If the schema was
--    installed before the roles existed, run that script again by hand, as the owner:
--        set search_path = pgqueue;
--        \i R__zz_privileges.sql
-- 4. Grant the application what it does, and switch its own migration off:
--        grant pgqueue_publisher, pgqueue_consumer, pgqueue_reader to application_user;
do $$
declare
    v_role text;
begin
    foreach v_role in array array['pgqueue_owner', 'pgqueue_publisher', 'pgqueue_consumer', 'pgqueue_reader',
                                 'pgqueue_admin'] loop
        begin
            execute format('create role %I nologin', v_role);
        exception
            -- unique_violation: somebody else creates it at this moment.
            when duplicate_object or unique_violation then
                null;
        end;
    end loop;
end
$$;
