-- What insights and the reader role may see of the ledger: no keys, no refused text, no accounts' secrets.

create view catalog.dataset_status as
select
    dataset.dataset_id,
    dataset.title,
    dataset.contract_version,
    dataset.raw_version,
    dataset.modelled_version,
    count(submission.submission_id) filter (where submission.status in ('loaded', 'modelled')) as live_submissions,
    count(submission.submission_id) filter (where submission.status in ('received', 'loading', 'failed')) as open_submissions,
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
group by dataset.dataset_id;

comment on view catalog.dataset_status is 'One row per dataset: its live, open and rejected submissions, and their line counts.';

create view catalog.publication as
select
    transform_run_id,
    status,
    datasets,
    started_at,
    finished_at,
    case when status = 'published' then finished_at end as published_at,
    error_message
from catalog.transform_run;

comment on view catalog.publication is 'One row per transform: what it was for, and whether its marts were published.';

create view catalog.submission_status as
select
    submission.id as submission_id,
    submission.dataset_id,
    submission.status,
    submission.filename,
    submission.lines_read,
    submission.rows_loaded,
    submission.rows_rejected,
    submission.received_at,
    submission.loaded_at,
    submission.modelled_at,
    submission.submission_id as submission_number
from catalog.submission;

comment on view catalog.submission_status is
'One row per submission. submission_number is what raw and the marts carry as _submission_id.';

create view catalog.transform_node as
select
    transform_run_id,
    node_id,
    resource_type,
    status,
    seconds,
    row_count,
    failure_count,
    message
from catalog.transform_result;

comment on view catalog.transform_node is 'One row per transform and dbt model, seed or test. Messages hold no values.';
