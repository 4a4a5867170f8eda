-- Marts that cost by what changed: parts of marts, some of which grow by submission (docs/decisions/0010).

-- Where dbt builds parts: tables that several marts or several source systems' marts are made of …
create schema build_part;
-- … and the rows that new submissions add to those parts that are never rebuilt.
create schema build_delta;
create schema marts_part_store;

-- is_new: the stored parts do not hold this submission's rows as they are now, so this transform adds them.
alter table catalog.transform_scope
    add column is_new boolean not null default true,
    add column raw_version bigint;

-- The submissions whose rows the stored parts hold, as of which version of their dataset.
create table catalog.merged_submission (
    submission_id integer primary key references catalog.submission,
    raw_version bigint
);
