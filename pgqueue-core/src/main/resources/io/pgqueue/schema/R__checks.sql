-- Bad input: one typed error for each kind, naming the value and the rule, raised before anything is written.
--
-- Errors     PQ001 invalid name          PQ002 invalid argument      PQ003 invalid property   PQ004 invalid filter
--            PQ005 message too large     PQ006 not found             PQ007 already exists     PQ008 not empty
--            PQ009 conflict              PQ010 queue full
-- Clients map these codes to their own exceptions; the hint says what to do.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

create or replace function raise_not_found(p_kind text, p_name text) returns void language plpgsql as $$
begin
    raise exception using errcode = 'PQ006',
        message = format('There is no %s %s', p_kind, coalesce(quote_literal(p_name), 'null')),
        hint = format('Check the spelling (case matters), or create the %s first.', p_kind);
end
$$;

create or replace function raise_invalid(p_field text, p_value text, p_rule text) returns void language plpgsql as $$
begin
    raise exception using errcode = 'PQ002',
        message = format('%s is %s, must be %s', p_field, coalesce(p_value, 'null'), p_rule),
        hint = format('Give %s a value that is %s.', p_field, p_rule);
end
$$;

create or replace function check_kind(p_kind text) returns void language plpgsql as $$
begin
    if p_kind is null or p_kind not in ('queue', 'topic') then
        perform raise_invalid('kind', quote_literal(left(p_kind, 140)), 'queue or topic');
    end if;
end
$$;

create or replace function check_name(p_kind text, p_name text) returns void language plpgsql as $$
begin
    if p_name is null or p_name !~ '^[A-Za-z0-9._-]{1,128}$' or p_name like 'pgqueue.%' then
        raise exception using errcode = 'PQ001',
            message = format('%s is not a name for a %s', coalesce(quote_literal(left(p_name, 140)), 'null'), p_kind),
            hint = 'A name has 1 to 128 of the characters A-Z a-z 0-9 . _ - and does not begin with pgqueue.';
    end if;
end
$$;

create or replace function check_range(p_field text, p_value numeric, p_from numeric, p_to numeric) returns void
language plpgsql as $$
begin
    if p_value < p_from or p_value > p_to then
        perform raise_invalid(p_field, p_value::text, format('%s to %s', p_from, p_to));
    end if;
end
$$;

create or replace function check_given(p_field text, p_value anyelement) returns void language plpgsql as $$
begin
    if p_value is null then
        perform raise_invalid(p_field, null, 'given');
    end if;
end
$$;

create or replace function check_delay(p_delay_ms bigint) returns void language plpgsql immutable as $$
begin
    if p_delay_ms not between 0 and 31622400000 then
        perform raise_invalid('delay_ms', p_delay_ms::text, '0 to 31622400000');
    end if;
end
$$;

-- Whether lists have so many elements each; null is no list.
create or replace function are_as_long(p_count integer, p_lengths integer[]) returns boolean language sql immutable as $$
    select p_count = all (array_remove(p_lengths, null))
$$;

-- What is wrong with lists of messages: an id or a priority is missing, or one has another length than that of the ids.
create or replace function check_lists(p_message_ids uuid[], p_priorities smallint[], p_lengths jsonb) returns void
language plpgsql as $$
declare
    v_list record;
begin
    perform check_given('message_ids', p_message_ids);
    perform check_given('priorities', p_priorities);
    perform check_given('one of message_ids', u.id) from unnest(p_message_ids) u (id);
    perform check_given('priority', u.priority), check_range('priority', u.priority, 0, 9) from unnest(p_priorities) u (priority);
    for v_list in select key, value::integer as length from jsonb_each_text(p_lengths) loop
        if v_list.length <> cardinality(p_message_ids) then
            perform raise_invalid(v_list.key, v_list.length || ' long', cardinality(p_message_ids) || ' long, as message_ids');
        end if;
    end loop;
end
$$;

create or replace function check_object(p_field text, p_value jsonb) returns void language plpgsql as $$
begin
    if jsonb_typeof(p_value) <> 'object' then
        perform raise_invalid(p_field, jsonb_typeof(p_value), 'a JSON object');
    end if;
end
$$;

-- A part of a filter by ages: numbers are whole milliseconds.
create or replace function check_age(p_field text, p_value numeric) returns void language plpgsql as $$
begin
    perform check_range(p_field, p_value, 0, 31622400000000);
    if p_value <> trunc(p_value) then
        perform raise_invalid(p_field, p_value::text, 'a whole number of milliseconds');
    end if;
end
$$;

create or replace function check_limit(p_limit integer) returns integer language plpgsql immutable as $$
begin
    if p_limit is null or p_limit not between 1 and 1000 then
        perform raise_invalid('limit', p_limit::text, '1 to 1000');
    end if;
    return p_limit;
end
$$;

create or replace function check_length(p_field text, p_value text, p_most integer) returns void language plpgsql as $$
begin
    if length(p_value) > p_most then
        perform raise_invalid(p_field, format('%s characters long', length(p_value)), format('at most %s', p_most));
    end if;
end
$$;

-- Set by us only. The inner publish functions look for these alone, because they are called for each message.
create or replace function reserved_properties() returns text[] language sql immutable as $$
    select array['JMSXDeliveryCount', 'JMSXRcvTimestamp', 'JMSXState', 'JMSXProducerTXID', 'JMSXConsumerTXID', 'JMSXAppID',
                 'JMSXUserID', 'JMS_PGQ_DeadReason', 'JMS_PGQ_DeadDestination', 'JMS_PGQ_DeadSubscription',
                 'JMS_PGQ_DeadAttempts', 'JMS_PGQ_DeadAt', 'JMS_PGQ_DeadErrorClass', 'JMS_PGQ_DeadError',
                 'JMS_PGQ_DeadStack', 'JMS_PGQ_DeadConsumer', 'JMS_PGQ_DeadFirstFailedAt', 'JMS_PGQ_DeadLastFailedAt']
$$;

-- Whether no sender may have given these: a sender who could, would keep a message out of a queue for dead letters.
create or replace function are_forged(p_properties jsonb) returns boolean language sql immutable as $$
    select jsonb_typeof(p_properties) <> 'object' or p_properties ?| reserved_properties()
$$;

create or replace function reject_forged(p_properties jsonb) returns void language plpgsql as $$
declare
    v_name text;
begin
    perform check_object('properties', p_properties);
    select k into v_name from jsonb_object_keys(p_properties) k where k = any (reserved_properties()) limit 1;
    raise exception using errcode = 'PQ003',
        message = format('Property %L is set by pgqueue only', v_name),
        hint = 'Leave it out when sending.';
end
$$;

create or replace function check_properties(p_properties jsonb) returns void language plpgsql as $$
declare
    v_property record;
begin
    if p_properties is not null then
        perform check_object('properties', p_properties);
        if octet_length(p_properties::text) > 32768 or (select count(*) from jsonb_object_keys(p_properties)) > 100 then
            raise exception using errcode = 'PQ005',
                message = format('The properties have %s bytes and %s entries, at most 32768 and 100 are taken',
                                 octet_length(p_properties::text), (select count(*) from jsonb_object_keys(p_properties))),
                hint = 'Put large data into the body.';
        end if;
        for v_property in select key, jsonb_typeof(value) as kind from jsonb_each(p_properties) loop
            if v_property.key !~ '^[[:alpha:]_$][[:alnum:]_$]{0,127}$' or v_property.kind not in ('string', 'number', 'boolean')
               or v_property.key ~* '^(null|true|false|not|and|or|between|like|in|is|escape)$'
               or v_property.key ~ '^JMS(X(DeliveryCount|RcvTimestamp|State|ProducerTXID|ConsumerTXID|AppID|UserID)|_PGQ_Dead.*)$' then
                raise exception using errcode = 'PQ003',
                    message = format('Property %s of type %s is not allowed',
                                     quote_literal(left(v_property.key, 140)), v_property.kind),
                    hint = 'A property is a string, number or boolean; its name is a Java identifier of at most 128 '
                        || 'characters, no word of the selector language and none that only a provider sets.';
            end if;
        end loop;
    end if;
end
$$;

-- application/json or anything with +json, whatever the parameters and the case.
create or replace function is_json_type(p_content_type text) returns boolean language sql immutable as $$
    select p_content_type ~* '^\s*(application/json|[^;]*\+json)\s*(;|$)'
$$;

-- Whether there is a list or an object within 64 others.
create or replace function nests_deep(p_body jsonb) returns boolean language sql immutable as $$
    select jsonb_path_exists(p_body, 'strict $.**{64} ? (@.type() == "array" || @.type() == "object")')
$$;

-- A body that says it is JSON nests at most 64 levels, as Java has it (docs/adr/0019). Its bytes are looked at one by one,
-- with no knowledge but of strings and escapes, so that what is no JSON is no error: a cast would fail at that, or at the
-- server's stack, and drop the first of two values with one name. Few bodies have so many brackets that they are read.
create or replace function check_json_depth(p_body bytea, p_content_type text, p_most_bytes integer) returns void
language plpgsql as $$
declare
    v_body   bytea;
    v_text   text;
    v_byte   integer;
    v_place  integer := 0;
    v_depth  integer := 0;
    v_quoted boolean := false;
begin
    -- What is too large anyway is refused for that.
    if (octet_length(p_body) between 65 and p_most_bytes and is_json_type(p_content_type)) is not true then
        return;
    end if;
    v_text := encode(p_body, 'escape');
    if length(v_text) - length(translate(v_text, '[{', '')) <= 64 then
        return;
    end if;
    -- A copy, because one that is stored elsewhere would be fetched for every byte.
    v_body := p_body || ''::bytea;
    while v_place < octet_length(v_body) loop
        v_byte := get_byte(v_body, v_place);
        if v_quoted then
            if v_byte = ascii('\') then
                v_place := v_place + 1;
            elsif v_byte = ascii('"') then
                v_quoted := false;
            end if;
        elsif v_byte = ascii('"') then
            v_quoted := true;
        elsif v_byte in (ascii('['), ascii('{')) then
            v_depth := v_depth + 1;
            if v_depth > 64 then
                raise exception using errcode = 'PQ005',
                    message = format('The body nests JSON deeper than 64 levels: level 65 opens after %s bytes', v_place),
                    hint = 'Make it flatter, or send it with a content_type that does not say JSON.';
            end if;
        elsif v_byte in (ascii(']'), ascii('}')) and v_depth > 0 then
            v_depth := v_depth - 1;
        end if;
        v_place := v_place + 1;
    end loop;
end
$$;

-- The headers of one message given in SQL. Java checks the same before it calls.
create or replace function check_message_headers(
    p_properties jsonb, p_priority integer, p_time_to_live interval, p_delay interval, p_deliver_at timestamptz,
    p_group_key text, p_correlation_id text, p_type text, p_reply_to text, p_content_type text,
    p_dedup_key text, p_replace_key text, p_replace_mode text
) returns void language plpgsql as $$
begin
    perform check_range('priority', p_priority, 0, 9);
    if p_time_to_live < '0' then
        perform raise_invalid('time_to_live', p_time_to_live::text, 'zero (for ever) or positive');
    end if;
    perform check_range('delay (seconds)', extract(epoch from p_delay), 0, 31622400);
    if p_delay is not null and p_deliver_at is not null then
        perform raise_invalid('delay', p_delay::text, 'null when deliver_at is given');
    end if;
    if p_time_to_live > '0' and p_time_to_live <= coalesce(p_delay, case when isfinite(p_deliver_at) then p_deliver_at - clock_timestamp() end) then
        perform raise_invalid('time_to_live', p_time_to_live::text, 'longer than the delay');
    end if;
    perform check_length('group_key', p_group_key, 255);
    perform check_length('correlation_id', p_correlation_id, 255);
    perform check_length('type', p_type, 255);
    perform check_length('reply_to', p_reply_to, 255);
    perform check_length('content_type', p_content_type, 255);
    perform check_length('dedup_key', p_dedup_key, 255);
    perform check_length('replace_key', p_replace_key, 255);
    if '' in (p_dedup_key, p_replace_key) then
        perform raise_invalid('dedup_key or replace_key', 'empty', 'null when there is none');
    end if;
    if p_replace_mode not in ('replace', 'keep_time', 'skip') then
        perform raise_invalid('replace_mode', quote_literal(left(p_replace_mode, 140)), 'replace, keep_time or skip');
    end if;
    if p_replace_mode is not null and p_replace_key is null then
        perform raise_invalid('replace_mode', p_replace_mode, 'null without a replace_key');
    end if;
    perform check_properties(p_properties);
end
$$;

-- Settings of a destination or subscription by name; what is not named is left as it is. Durations are milliseconds.
create or replace function check_settings(p_settings jsonb) returns void language plpgsql as $$
declare
    v_setting record;
begin
    perform check_object('settings', p_settings);
    for v_setting in
        select e.key, e.value, jsonb_typeof(e.value) as kind, r.lowest, r.highest, r.nullable
          from jsonb_each(p_settings) e
          left join (values
               ('max_body_bytes',     1024,   67108864, false),
               ('lease_ms',           1000,   43200000, false),
               ('max_attempts',       0,      1000, false),
               ('backoff_base_ms',    0,      3600000, false),
               ('backoff_max_ms',     0,      86400000, false),
               ('backoff_multiplier', 1,      10, false),
               ('jitter_percent',     0,      50, false),
               ('retention_ms',       600000, 31622400000, true),
               ('dead_letter_max_age_ms', 3600000, 31622400000, true),
               ('park_after',         0,      1000, false),
               ('delay_ms',           0,      604800000, false),
               ('dedup_window_ms',    1000,   604800000, false),
               ('retain_ms',          0,      31622400000, true),
               ('retry_timeout_ms',   1000,   31622400000, true),
               ('expire_after_idle_ms', 3600000, 31622400000, true),
               ('max_depth',          1,      2000000000, true)) as r (name, lowest, highest, nullable) on r.name = e.key
    loop
        if v_setting.lowest is not null then
            if v_setting.kind = 'number' then
                perform check_range(v_setting.key, (v_setting.value #>> '{}')::numeric, v_setting.lowest, v_setting.highest);
                if v_setting.key <> 'backoff_multiplier' and v_setting.value #>> '{}' !~ '^-?[0-9]+$' then
                    perform raise_invalid(v_setting.key, v_setting.value::text,
                                          format('a whole number from %s to %s', v_setting.lowest, v_setting.highest));
                end if;
            elsif not (v_setting.kind = 'null' and v_setting.nullable) then
                perform raise_invalid(v_setting.key, v_setting.value::text,
                                      format('a number from %s to %s', v_setting.lowest, v_setting.highest));
            end if;
        elsif v_setting.key = 'on_expiry' then
            if v_setting.value #>> '{}' not in ('drop', 'dead_letter', 'move') then
                perform raise_invalid('on_expiry', v_setting.value::text, 'drop, dead_letter or move');
            end if;
        elsif v_setting.key = 'on_full' then
            if v_setting.value #>> '{}' not in ('fail', 'block', 'drop_oldest') then
                perform raise_invalid('on_full', v_setting.value::text, 'fail, block or drop_oldest');
            end if;
        elsif v_setting.key = 'group_policy' then
            if v_setting.value #>> '{}' not in ('block', 'skip') then
                perform raise_invalid('group_policy', v_setting.value::text, 'block or skip');
            end if;
        elsif v_setting.key in ('dead_letter_queue', 'expiry_queue', 'selector', 'attribute_filter', 'body_filter', 'filter', 'body_path') then
            if v_setting.kind not in ('string', 'null') then
                perform raise_invalid(v_setting.key, v_setting.value::text, 'text or null');
            end if;
        elsif v_setting.key = 'demands' then
            perform check_demands(v_setting.value);
        else
            perform raise_invalid('setting', quote_literal(v_setting.key), 'one of max_body_bytes, lease_ms, max_attempts, '
                || 'backoff_base_ms, backoff_max_ms, backoff_multiplier, jitter_percent, retention_ms, delay_ms, '
                || 'dedup_window_ms, retain_ms, max_depth, on_full, retry_timeout_ms, group_policy, on_expiry, expiry_queue, dead_letter_queue, '
                || 'dead_letter_max_age_ms, park_after, expire_after_idle_ms, selector, '
                || 'attribute_filter, body_filter, filter, body_path, demands');
        end if;
    end loop;
end
$$;
