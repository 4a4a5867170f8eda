-- Dry runs and new versions of a file can be larger than one request, too.
alter table catalog.upload
    add column replaces_submission_id integer references catalog.submission, -- it is a new version of this one
    add column is_dry_run boolean not null default false, -- it is only to be looked at
    add column dry_run_id integer references catalog.dry_run on delete set null; -- then it has become this
create index upload_by_dry_run on catalog.upload (dry_run_id) where dry_run_id is not null;
