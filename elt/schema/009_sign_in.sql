-- How somebody signs in, what a key may do, and a record of it that nobody can change.

alter table catalog.account
add column password_hash text, -- argon2id; null: there is none
add column failed_sign_ins integer not null default 0, -- since the last that worked
add column locked_until timestamptz,
add column closed_at timestamptz; -- nothing opens it any more

update catalog.account set closed_at = now()
where not exists (
    select from catalog.api_key where api_key.account_id = account.account_id and revoked_at is null
);

alter table catalog.api_key
add column id uuid not null unique default uuidv7(),
add column label text, -- what it is for
add column scope text not null default 'full' check (scope in ('full', 'read')),
add column expires_at timestamptz; -- null: when it is revoked

-- One row per sign-in on the pages. The cookie holds a random token, this its hash: who signs out ends it here.
create table catalog.session (
    token_hash bytea primary key,
    account_id integer not null references catalog.account,
    opened_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index session_of_account on catalog.session (account_id) where ended_at is null;

-- The audit log only grows. The trigger stops the backend's own role too, which owns the table.
create function catalog.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'catalog.% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_event_is_append_only before update or delete on catalog.audit_event
for each row execute function catalog.refuse_change();
create trigger audit_event_is_never_emptied before truncate on catalog.audit_event
for each statement execute function catalog.refuse_change();
alter table catalog.audit_event enable always trigger audit_event_is_append_only;
alter table catalog.audit_event enable always trigger audit_event_is_never_emptied;
create index audit_event_by_account on catalog.audit_event (account_id, audit_event_id desc);
create index audit_event_by_action on catalog.audit_event (action, audit_event_id desc);

-- By which students are called in the audit log, for readers who are not to know them: a secret of this installation.
create table access.secret (
    name text primary key,
    value bytea not null
);
insert into access.secret (name, value)
select 'pseudonym', sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea);
