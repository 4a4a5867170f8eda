-- The ledger: what was sent, by whom, what became of every line of it.
-- Written by backend and elt; insights read it through the views of 002_views.sql.

create schema catalog;
create schema raw;
-- dbt builds and tests in build*, elt keeps what is published in *_store, readers see the stable views in marts*.
create schema staging;
create schema intermediate;
create schema build;
create schema build_private;
create schema marts_store;
create schema marts_private_store;
create schema marts;
create schema marts_private;

create table catalog.account (
    account_id integer generated always as identity primary key,
    name text not null unique,
    role text not null check (role in ('researcher', 'admin')),
    created_at timestamptz not null default now()
);

create table catalog.api_key (
    api_key_id integer generated always as identity primary key,
    account_id integer not null references catalog.account,
    key_hash bytea not null unique,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);

-- raw_version counts the transactions that changed raw.<dataset>; modelled_version is the last of them that the
-- published marts contain. A dataset needs a transform exactly while the two differ.
create table catalog.dataset (
    dataset_id text primary key,
    title text not null,
    contract jsonb not null,
    contract_version integer not null,
    raw_table text not null unique,
    raw_version bigint not null default 0,
    modelled_version bigint not null default 0
);

create table catalog.submission (
    submission_id integer generated always as identity primary key,
    id uuid not null unique default uuidv7(),
    dataset_id text not null references catalog.dataset,
    account_id integer references catalog.account, -- null: dropped straight into the bucket
    status text not null default 'received' check (status in (
        'received', 'loading', 'loaded', 'modelled', 'rejected', 'failed', 'retracting', 'retracted', 'replaced'
    )),
    object_key text not null unique,
    filename text not null,
    sha256 text not null,
    byte_count bigint not null,
    title text,
    note text,
    idempotency_key text,
    replaces_submission_id integer references catalog.submission,
    contract_version integer,
    encoding text,
    dialect jsonb,
    lines_read bigint,
    rows_loaded bigint,
    rows_rejected bigint,
    raw_version bigint, -- of the dataset, when this submission's rows last changed in raw
    error_code text,
    error_message text,
    attempt_count integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    received_at timestamptz not null default now(),
    loading_at timestamptz,
    loaded_at timestamptz,
    modelled_at timestamptz,
    removed_at timestamptz, -- its rows left raw (retracted); the marts follow with the next transform
    settled_at timestamptz, -- rejected, replaced or retracted
    unique (account_id, idempotency_key)
);

-- The same bytes are live at most once per dataset, whoever sends them, however many at the same moment.
create unique index submission_live_content on catalog.submission (dataset_id, sha256)
where status in ('received', 'loading', 'loaded', 'modelled', 'failed');
-- A submission has at most one successor that may still take its place.
create unique index submission_one_successor on catalog.submission (replaces_submission_id)
where status not in ('rejected', 'retracted');
create index submission_open on catalog.submission (submission_id)
where status in ('received', 'loading', 'loaded', 'failed', 'retracting');
create index submission_by_dataset on catalog.submission (dataset_id, submission_id desc);
create index submission_by_account on catalog.submission (account_id, submission_id desc);

-- Bytes on their way into the store, so that what a killed upload leaves behind can be swept.
create table catalog.incoming_object (
    object_key text primary key,
    started_at timestamptz not null default now()
);

-- One row per line that was refused. line_number counts physical lines of the file, from 1, header included.
create table catalog.rejected_line (
    submission_id integer not null references catalog.submission on delete cascade,
    line_number bigint not null,
    errors jsonb not null, -- [{"column": header or null, "code": …, "message": …}, …]; a message never holds a value
    raw_text text not null,
    primary key (submission_id, line_number)
);

create table catalog.audit_event (
    audit_event_id bigint generated always as identity primary key,
    happened_at timestamptz not null default now(),
    account_id integer references catalog.account,
    action text not null,
    subject text,
    detail jsonb
);

create table catalog.transform_run (
    transform_run_id integer generated always as identity primary key,
    status text not null default 'running' check (status in ('running', 'published', 'failed')),
    datasets text[] not null, -- that had changed
    project_fingerprint text not null, -- of the dbt project: another one means that everything is built again
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    error_message text
);

create table catalog.transform_result (
    transform_run_id integer not null references catalog.transform_run on delete cascade,
    node_id text not null,
    resource_type text not null,
    status text not null,
    seconds double precision not null,
    row_count bigint,
    failure_count bigint,
    message text,
    primary key (transform_run_id, node_id)
);

-- The submissions whose rows the running (or last) transform reads. Rows that arrive meanwhile wait for the next one,
-- so that every model of one transform sees the same raw data.
create table catalog.transform_scope (
    submission_id integer primary key references catalog.submission
);
