-- What everybody may know of: not a researcher's dataset that is not shared.

create or replace view catalog.dataset_status as
select
    dataset.dataset_id,
    dataset.title,
    dataset.contract_version,
    dataset.raw_version,
    dataset.modelled_version,
    count(submission.submission_id) filter (where submission.status in ('loaded', 'modelled')) as live_submissions,
    count(submission.submission_id) filter (where submission.status in ('received', 'loading', 'held', 'failed')) as open_submissions,
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
where dataset.account_id is null or dataset.is_shared
group by dataset.dataset_id;
