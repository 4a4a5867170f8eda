{{ config(indexes=[{'columns': ['assessment_key'], 'unique': true}]) }}

with described as (
    select * from {{ ref('stg_oulad__assessments') }}
),

-- Known by number only: somebody has a result in an assessment that no live file describes.
inferred as (
    select distinct
        result.assessment_key,
        result.source_system,
        result.assessment_id
    from {{ ref('stg_oulad__student_assessment') }} as result
    left join described on result.assessment_key = described.assessment_key
    where described.assessment_key is null
)

select
    assessment_key,
    source_system,
    module_code || ' ' || presentation_code || ' ' || assessment_kind || ' ' || assessment_id as assessment_name,
    assessment_kind,
    100::numeric as maximum_score,
    null::numeric as ready_score,
    null::text as ready_score_source,
    assessment_id,
    section_key,
    due_day,
    {{ presentation_start('presentation_code') }} + due_day as due_date,
    weight_pct,
    _submission_id as submission_id,
    _line_number as line_number
from described
union all
select
    assessment_key,
    source_system,
    assessment_id as assessment_name,
    null as assessment_kind,
    100 as maximum_score,
    null as ready_score,
    null as ready_score_source,
    assessment_id,
    null as section_key,
    null as due_day,
    null as due_date,
    null as weight_pct,
    null as submission_id,
    null as line_number
from inferred
