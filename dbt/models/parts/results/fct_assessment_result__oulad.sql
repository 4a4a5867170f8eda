{{ config(indexes=[{'columns': ['student_key', 'assessment_key'], 'unique': true}, {'columns': ['assessment_key']}]) }}

select
    result.student_key,
    result.assessment_key,
    result.source_system,
    result.score,
    null::boolean as is_ready,
    null::boolean as has_passed_core_subjects,
    null::integer as credit_count,
    null::boolean as has_five_credits,
    result._submission_id as submission_id,
    result._line_number as line_number,
    assessment.section_key,
    result.score >= {{ threshold('pass_mark', "result.source_system") }} as is_passed,
    result.is_banked,
    result.submitted_day,
    {{ presentation_start('assessment.presentation_code') }} + result.submitted_day as submitted_date,
    -- A banked result was handed in for an earlier presentation; nothing is due on an exam without a date.
    case when not result.is_banked then result.submitted_day - assessment.due_day end as days_late
from {{ ref('stg_oulad__student_assessment') }} as result
left join {{ ref('stg_oulad__assessments') }} as assessment on result.assessment_key = assessment.assessment_key
