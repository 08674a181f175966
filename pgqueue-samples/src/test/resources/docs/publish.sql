-- snippet: sql-publish
select pgqueue.create_queue('invoices');

begin;
select pgqueue.publish('invoices', '{"customer": 7, "total": 99.99}'::jsonb);
select pgqueue.publish('invoices', convert_to('plain text', 'UTF8'),
                       content_type => 'text/plain', delay => interval '1 hour');
commit;
-- end snippet

create table refunds (id integer, total numeric);

-- snippet: sql-trigger
create function announce_refund() returns trigger language plpgsql as $$
begin
    perform pgqueue.publish('invoices', to_jsonb(new));
    return new;
end
$$;

create trigger announce_refund after insert on refunds
    for each row execute function announce_refund();
-- end snippet

insert into refunds values (1, 5);
