-- Fixes of refused lines, versions that wait for a confirmation, and submissions that were brought back.

alter table catalog.submission
drop constraint submission_status_check,
add constraint submission_status_check check (status in (
    'received', 'loading', 'held', 'loaded', 'modelled', 'rejected', 'failed', 'retracting', 'retracted', 'replaced'
)),
add column restores_submission_id integer references catalog.submission,
add column held_for jsonb, -- what the version would do to the rows of the one before: counts, and the share allowed
add column confirmed_at timestamptz; -- a person said that it may remove that many

-- A version that waits for its confirmation holds its bytes, like any other that may still be loaded.
drop index catalog.submission_live_content;
create unique index submission_live_content on catalog.submission (dataset_id, coalesce(content_sha256, sha256))
where status in ('received', 'loading', 'held', 'loaded', 'modelled', 'failed');

-- A submission that was brought back as a new one has the same bytes, and so the same object.
alter table catalog.submission drop constraint submission_object_key_key;
create index submission_object_key on catalog.submission (object_key);

-- A corrected rejects file. Its lines join the submission when it is applied, in the transaction that says so.
create table catalog.fix (
    fix_id integer generated always as identity primary key,
    id uuid not null unique default uuidv7(),
    submission_id integer not null references catalog.submission,
    account_id integer references catalog.account,
    status text not null default 'received' check (status in ('received', 'applied', 'rejected', 'failed')),
    object_key text not null,
    filename text not null,
    sha256 text not null,
    byte_count bigint not null,
    lines_read bigint, -- = lines_fixed + lines_refused + lines_unmatched
    lines_fixed bigint, -- that joined the submission
    lines_refused bigint, -- that are refused still, for the reasons now in catalog.rejected_line
    lines_unmatched bigint, -- that belong to no refused line: catalog.fix_line says why
    error_code text,
    error_message text,
    attempt_count integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    received_at timestamptz not null default now(),
    applied_at timestamptz
);

-- The same corrections to the same submission count once.
create unique index fix_content on catalog.fix (submission_id, sha256) where status <> 'rejected';
create index fix_open on catalog.fix (fix_id) where status in ('received', 'failed');

-- One row per line of a fix that could not be matched to a refused line.
create table catalog.fix_line (
    fix_id integer not null references catalog.fix on delete cascade,
    fix_line_number bigint not null, -- physical line of the fix
    code text not null,
    message text not null, -- never a value
    primary key (fix_id, fix_line_number)
);

-- Which lines of a submission are there thanks to which fix.
create table catalog.fixed_line (
    submission_id integer not null references catalog.submission,
    line_number bigint not null,
    fix_id integer not null references catalog.fix,
    fix_line_number bigint not null,
    primary key (submission_id, line_number)
);

-- All submissions that replaced one another, from whichever of them one starts.
create function catalog.versions_of(integer) returns setof integer language sql stable as $$
    with recursive earlier as (
        select submission_id, replaces_submission_id from catalog.submission where submission_id = $1
        union
        select submission.submission_id, submission.replaces_submission_id
        from catalog.submission inner join earlier on earlier.replaces_submission_id = submission.submission_id
    ),
    family as (
        select submission_id from earlier where replaces_submission_id is null
        union
        select submission.submission_id
        from catalog.submission inner join family on submission.replaces_submission_id = family.submission_id
    )
    select submission_id from family
$$;
create index submission_by_predecessor on catalog.submission (replaces_submission_id);

-- What stands behind a row of raw or of a mart: join on submission_id (marts) or _submission_id (raw).
create view catalog.provenance as
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
left join catalog.submission as restored on submission.restores_submission_id = restored.submission_id;

comment on view catalog.provenance is
'One row per submission: who sent it, when, under which version of the contract. Marts carry its number as submission_id.';

create or replace view catalog.dataset_status as
select
    dataset.dataset_id,
    dataset.title,
    dataset.contract_version,
    dataset.raw_version,
    dataset.modelled_version,
    count(submission.submission_id) filter (where submission.status in ('loaded', 'modelled')) as live_submissions,
    count(submission.submission_id) filter (where submission.status in ('received', 'loading', 'held', 'failed')) as open_submissions,
    count(submission.submission_id) filter (where submission.status = 'rejected') as rejected_submissions,
    coalesce(sum(submission.lines_read) filter (where submission.status in ('loaded', 'modelled')), 0)::bigint as lines_read,
    coalesce(sum(submission.rows_loaded) filter (where submission.status in ('loaded', 'modelled')), 0)::bigint as rows_loaded,
    coalesce(sum(submission.rows_rejected) filter (where submission.status in ('loaded', 'modelled')), 0)::bigint
        as rows_rejected,
    max(submission.received_at) as last_received_at,
    max(submission.loaded_at) as last_loaded_at,
    max(submission.modelled_at) as last_modelled_at
from catalog.dataset
left join catalog.submission using (dataset_id)
where dataset.account_id is null or dataset.is_shared  -- everybody may read it
group by dataset.dataset_id;
