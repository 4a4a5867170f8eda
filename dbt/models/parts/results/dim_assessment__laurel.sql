{{ config(indexes=[{'columns': ['assessment_key'], 'unique': true}]) }}

select
    {{ surrogate_key(['assessment.source_system', 'assessment.assessment_name']) }} as assessment_key,
    assessment.source_system,
    assessment.assessment_name,
    assessment.assessment_kind,
    assessment.maximum_score,
    kpi_threshold.threshold_value as ready_score,
    kpi_threshold.source as ready_score_source,
    null::text as assessment_id,
    null::uuid as section_key,
    null::integer as due_day,
    null::date as due_date,
    null::numeric as weight_pct,
    null::integer as submission_id,
    null::integer as line_number
from {{ ref('assessment') }} as assessment
left join {{ ref('kpi_threshold') }} as kpi_threshold
    on
        assessment.source_system = kpi_threshold.source_system
        and assessment.ready_threshold_name = kpi_threshold.threshold_name
