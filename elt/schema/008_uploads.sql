-- Files too large for one request. Their parts are plain objects, `incoming/<id>/<number>`, which the sender puts into
-- the store himself; what is there is the store's to say, so this table holds no parts.
create table catalog.upload (
    upload_id integer generated always as identity primary key,
    id uuid not null unique default uuidv7(),
    dataset_id text not null references catalog.dataset,
    account_id integer not null references catalog.account,
    status text not null default 'open' check (status in ('open', 'completing', 'completed', 'refused', 'aborted')),
    filename text not null,
    byte_count bigint not null,
    part_bytes bigint not null, -- of every part but the last
    sha256 text, -- as announced; the bytes are hashed in any case
    idempotency_key text,
    stated jsonb not null default '{}', -- encoding, delimiter, quote
    submission_ids integer[] not null default '{}', -- one, or one for each CSV of a ZIP archive
    is_new_submission boolean, -- false where the same data were known already
    error_code text,
    error_message text,
    started_at timestamptz not null default now(),
    touched_at timestamptz not null default now(), -- the sender asked for something; long ago: abandoned
    settled_at timestamptz, -- completed, refused or aborted
    cleared_at timestamptz, -- settled, and no part of it can be in the store any more
    unique (account_id, idempotency_key)
);

-- What a poll looks at; everything else is history.
create index upload_uncleared on catalog.upload (upload_id) where cleared_at is null;
