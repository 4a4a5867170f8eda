-- How a file came: what its sender said of it, how it was packed, and what its refused lines have in common.

alter table catalog.submission
    add column stated jsonb not null default '{}', -- encoding, delimiter, quote; what is not in it was found out
    add column compression text check (compression in ('gzip', 'zip')), -- of the stored bytes
    add column archive_filename text, -- of the ZIP of several files that this one came in; it is stored unpacked
    add column archive_member text, -- this file's path in its ZIP
    add column content_sha256 text; -- of the CSV inside; null: of a file dropped into the bucket that cannot be unpacked

-- The same CSV is live at most once per dataset, however it is packed.
drop index catalog.submission_live_content;
create unique index submission_live_content on catalog.submission (dataset_id, coalesce(content_sha256, sha256))
where status in ('received', 'loading', 'loaded', 'modelled', 'failed');

-- One row per submission, column and kind of error: so many lines, the first of them, and its message.
create table catalog.error_group (
    submission_id integer not null references catalog.submission on delete cascade,
    column_name text, -- null: of the line as a whole
    code text not null,
    line_count bigint not null,
    first_line_number bigint not null,
    message text not null,
    unique nulls not distinct (submission_id, column_name, code)
);
