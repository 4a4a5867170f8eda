-- Dry runs: what a file would change, without loading it. Only the receipt stays, and that for a while.

create table catalog.dry_run (
    -- Far above the numbers of submissions: while it is looked at, the file's rows carry this one and count as the newest.
    dry_run_id integer generated always as identity (start with 2000000001) primary key,
    id uuid not null unique default uuidv7(),
    dataset_id text not null references catalog.dataset,
    account_id integer not null references catalog.account,
    status text not null default 'received' check (
        status in ('received', 'checking', 'modelling', 'done', 'rejected', 'failed')
    ),
    object_key text unique, -- null once the bytes are gone
    filename text not null,
    sha256 text not null,
    byte_count bigint not null,
    replaces_submission_id integer references catalog.submission,
    header_mapping jsonb, -- as catalog.submission has it
    stated jsonb not null default '{}', -- as well
    encoding text,
    dialect jsonb,
    header jsonb, -- of the file, for its refused lines
    lines_read bigint,
    rows_accepted bigint,
    rows_rejected bigint,
    receipt jsonb, -- {"error_groups": …, "rows": …, "marts": …, "kpis": …}: counts and names, never a cell
    error_code text,
    error_message text,
    attempt_count integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    received_at timestamptz not null default now(),
    checking_at timestamptz,
    modelling_at timestamptz,
    settled_at timestamptz,
    expires_at timestamptz -- a while after it was settled, nothing of it is left
);

create index dry_run_open on catalog.dry_run (dry_run_id) where object_key is not null;
create index dry_run_expiry on catalog.dry_run (expires_at);

-- As catalog.rejected_line: gone with the receipt.
create table catalog.dry_run_rejected_line (
    dry_run_id integer not null references catalog.dry_run on delete cascade,
    line_number bigint not null,
    errors jsonb not null,
    raw_text text not null,
    primary key (dry_run_id, line_number)
);
