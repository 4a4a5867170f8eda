-- Editions of the reports: what the DAG `reports` built of one version of the marts, kept in the store under reports/.

create table catalog.report_edition (
    report_edition_id integer generated always as identity primary key,
    data_version integer not null unique, -- the transform that published the marts
    published_at timestamptz not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz
);

-- One row per report of an edition. The PDF lies at object_key, its pages beside it: without ".pdf", "/page-1.png" ….
create table catalog.report_file (
    report_file_id bigint generated always as identity primary key,
    report_edition_id integer not null references catalog.report_edition on delete cascade,
    report text not null,
    subject text not null, -- '' where there is one report only
    object_key text not null unique,
    page_count integer not null,
    byte_count bigint not null,
    sha256 text not null,
    built_at timestamptz not null default now(),
    unique (report_edition_id, report, subject)
);

-- Who is sent what when an edition is done.
create table catalog.report_subscription (
    account_id integer not null references catalog.account on delete cascade,
    report text not null,
    email text not null,
    subscribed_at timestamptz not null default now(),
    primary key (account_id, report)
);

-- A report of an edition is sent to an account once; the row commits when the mail server has taken the message.
create table catalog.report_delivery (
    report_edition_id integer not null references catalog.report_edition on delete cascade,
    account_id integer not null references catalog.account on delete cascade,
    report text not null,
    sent_at timestamptz not null default now(),
    primary key (report_edition_id, account_id, report)
);
