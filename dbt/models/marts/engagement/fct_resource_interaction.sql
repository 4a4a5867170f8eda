{{ config(materialized='view') }}

-- Stored by submission. Only where several files tell of one day of one presentation must their clicks be added up.
select
    student_key,
    resource_key,
    date_day,
    section_key,
    source_system,
    presentation_day,
    click_count,
    line_count,
    submission_id,
    line_number
from {{ ref('fct_resource_interaction__oulad') }} as alone
where
    not exists (
        select from {{ ref('int_oulad__shared_day') }} as shared_day
        where shared_day.section_key = alone.section_key and shared_day.date_day = alone.date_day
    )
union all
select
    together.student_key,
    together.resource_key,
    together.date_day,
    together.section_key,
    together.source_system,
    together.presentation_day,
    sum(together.click_count)::integer as click_count,
    sum(together.line_count)::integer as line_count,
    max(together.submission_id) as submission_id,
    (array_agg(together.line_number order by together.submission_id desc))[1] as line_number
from {{ ref('fct_resource_interaction__oulad') }} as together
inner join {{ ref('int_oulad__shared_day') }} as shared_day
    on together.section_key = shared_day.section_key and together.date_day = shared_day.date_day
group by
    together.student_key,
    together.resource_key,
    together.date_day,
    together.section_key,
    together.source_system,
    together.presentation_day
union all
select * from {{ ref('fct_resource_interaction__district') }}
