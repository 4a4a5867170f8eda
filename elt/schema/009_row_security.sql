-- Whose rows a database session reads. Policies on the published tables (elt/access/policies.py) ask these functions,
-- each once per query. Every function answers for the session it is called in, and with nothing where nobody is known.

create schema access;

-- Database roles that log in and read, each for one account. The backend's own has none: it says for whom it reads.
create table access.login (
    role_name text primary key,
    account_id integer references catalog.account,
    purpose text, -- null: for a tool that its owner configured
    created_at timestamptz not null default now()
);

-- Which students a teacher, a school or a guardian has, as the published tables say; kept by elt/access/ties.py.
create table access.tie (
    relation text not null, -- the stored table that says so
    kind text not null check (kind in ('teacher', 'school', 'guardian')),
    owner_key uuid not null,
    student_key uuid not null,
    primary key (kind, owner_key, student_key, relation)
);
create index tie_by_student on access.tie (student_key, kind);

-- The account behind the session. Only the backend's login is believed what it sets: it runs no SQL of users.
-- session_user stays what it was at the log-in, whatever `set role` says.
create function access.account_id() returns integer
language sql stable security definer set search_path = '' as $$
    select coalesce(login.account_id, nullif(current_setting('laurel.account_id', true), '')::integer)
    from access.login
    where login.role_name = session_user
$$;

-- Source systems of which the account sees every row.
create function access.own_systems() returns text[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(source_system), '{}') from catalog.account_scope
    where account_id = access.account_id() and school_id is null and teacher_id is null
$$;

-- Source systems that the account belongs to; where only_whole, not those of which it knows a single school.
create function access.known_systems(only_whole boolean) returns text[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(source_system), '{}') from catalog.account_scope
    where account_id = access.account_id() and (school_id is null or not only_whole)
$$;

-- Keys are made as dbt's surrogate_key makes them. Schools of which the account sees every row.
create function access.own_schools() returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(md5(row(source_system, school_id)::text)::uuid), '{}') from catalog.account_scope
    where account_id = access.account_id() and school_id is not null and teacher_id is null
$$;

-- Schools that the account belongs to, whether it sees everybody in them or not.
create function access.known_schools() returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(md5(row(source_system, school_id)::text)::uuid), '{}') from catalog.account_scope
    where account_id = access.account_id() and school_id is not null
$$;

create function access.own_teachers() returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(md5(row(source_system, teacher_id)::text)::uuid), '{}') from catalog.account_scope
    where account_id = access.account_id() and teacher_id is not null
$$;

-- The students whom the account teaches, or who are in a school of its own.
create function access.own_students() returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(distinct student_key), '{}') from access.tie
    where (kind = 'teacher' and owner_key = any (access.own_teachers()))
       or (kind = 'school' and owner_key = any (access.own_schools()))
$$;

create function access.own_guardians() returns uuid[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(distinct owner_key), '{}') from access.tie
    where kind = 'guardian' and student_key = any (access.own_students())
$$;

-- Whether the session may know of everybody's files: the owner's, an administrator's, an auditor's.
create function access.sees_every_submission() returns boolean
language sql stable set search_path = '' as $$
    select exists (
        select from pg_catalog.pg_roles
        where (
            rolname in ('laurel_administrator', 'laurel_auditor')
            or oid = (select nspowner from pg_catalog.pg_namespace where nspname = 'access')
        ) and pg_catalog.pg_has_role(current_user, oid, 'USAGE')
    )
$$;

-- What files are called tells of who sent what: one's own, or everybody's. Their counts are for all.
create or replace view catalog.submission_status as
select
    submission.id as submission_id,
    submission.dataset_id,
    submission.status,
    case
        when (select access.sees_every_submission()) or submission.account_id = (select access.account_id())
            then submission.filename
    end as filename,
    submission.lines_read,
    submission.rows_loaded,
    submission.rows_rejected,
    submission.received_at,
    submission.loaded_at,
    submission.modelled_at,
    submission.submission_id as submission_number
from catalog.submission;

create or replace view catalog.provenance as
select
    submission.submission_id,
    submission.id as submission,
    submission.dataset_id,
    submission.filename,
    submission.sha256,
    submission.status,
    account.name as uploader,
    submission.contract_version,
    submission.received_at,
    submission.loaded_at,
    submission.modelled_at,
    predecessor.id as replaces,
    restored.id as restores
from catalog.submission
left join catalog.account on submission.account_id = account.account_id
left join catalog.submission as predecessor on submission.replaces_submission_id = predecessor.submission_id
left join catalog.submission as restored on submission.restores_submission_id = restored.submission_id
where (select access.sees_every_submission()) or submission.account_id = (select access.account_id());
