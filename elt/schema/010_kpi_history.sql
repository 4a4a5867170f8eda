-- What each transform brought into the marts, and which KPIs moved with it.

-- One row per transform and submission that came into the marts with it, changed in them, or left them.
create table catalog.transform_source (
    transform_run_id integer not null references catalog.transform_run on delete cascade,
    submission_id integer not null references catalog.submission on delete cascade,
    change text not null check (change in ('added', 'replaced', 'corrected', 'retracted')),
    version integer not null, -- which one of the submissions that replaced one another it is
    primary key (transform_run_id, submission_id)
);
create index transform_source_submission on catalog.transform_source (submission_id);

-- One row per transform and KPI that moved with it. value_before is null for one that is new, value_after for one that
-- went.
create table catalog.kpi_change (
    transform_run_id integer not null references catalog.transform_run on delete cascade,
    source_system text not null,
    kpi_name text not null,
    kpi_label text not null,
    unit text not null,
    value_before double precision,
    value_after double precision,
    primary key (source_system, kpi_name, transform_run_id)
);

create view catalog.kpi_latest as
select distinct on (source_system, kpi_name)
    source_system,
    kpi_name,
    kpi_label,
    unit,
    null::integer as kpi_order,
    value_after as kpi_value
from catalog.kpi_change
order by source_system, kpi_name, transform_run_id desc;

comment on view catalog.kpi_latest is 'One row per KPI: what the last transform that moved it left it at.';

create view catalog.kpi_movement as
select
    kpi_change.transform_run_id,
    kpi_change.source_system,
    kpi_change.kpi_name,
    kpi_change.kpi_label,
    kpi_change.unit,
    kpi_change.value_before,
    kpi_change.value_after,
    transform_run.finished_at as moved_at
from catalog.kpi_change
inner join catalog.transform_run using (transform_run_id);

comment on view catalog.kpi_movement is 'One row per transform and KPI that moved with it.';

create view catalog.transform_cause as
select
    transform_source.transform_run_id,
    transform_source.change,
    transform_source.version,
    submission.dataset_id,
    submission.id as submission_id,
    submission.submission_id as submission_number
from catalog.transform_source
inner join catalog.submission using (submission_id);

comment on view catalog.transform_cause is
'One row per transform and submission that came into the marts with it, changed in them, or left them.';
