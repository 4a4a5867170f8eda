-- Ask: what administrators asked of the marts in their own SQL, and the questions that they saved (docs/decisions/0021).

create table catalog.asked_query (
    asked_query_id integer generated always as identity primary key,
    id uuid not null unique,
    account_id integer not null references catalog.account,
    sql_text text not null, -- for the one who asked alone
    status text not null default 'running' check (status in ('running', 'done', 'failed', 'cancelled', 'timed_out')),
    row_count bigint, -- that were given out
    is_cut boolean, -- there were more
    error_code text,
    error_message text, -- never a value of the data
    asked_at timestamptz not null default now(),
    ended_at timestamptz
);
create index asked_query_by_account on catalog.asked_query (account_id, asked_query_id desc);

create table catalog.saved_question (
    saved_question_id integer generated always as identity primary key,
    name text not null unique check (name ~ '^asked_[a-z0-9_]+$'), -- among the insights, none of which begins so
    title text not null,
    question text not null,
    sql_text text not null,
    columns jsonb not null, -- [{"name": …, "kind": …}, …], as they were when it was saved
    chart jsonb, -- {"kind": "bar", "x": …, "y": …, "color": … or null}; null: rows alone
    account_id integer references catalog.account,
    saved_at timestamptz not null default now()
);
