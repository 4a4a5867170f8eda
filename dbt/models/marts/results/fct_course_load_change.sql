{{ config(indexes=[{'columns': ['change_key'], 'unique': true}, {'columns': ['student_key']}]) }}

select
    {{ surrogate_key(['adjustment.source_system', 'adjustment.adjustment_id']) }} as change_key,
    adjustment.student_key,
    {{ surrogate_key(['adjustment.source_system', 'adjustment.action_name']) }} as action_key,
    adjustment.section_key,
    case when adjustment.action_name = 'switch' then adjustment.from_section_key end as from_section_key,
    section.course_key,
    section.session_key,
    section.school_key,
    section.teacher_key,
    adjustment.source_system,
    adjustment.adjustment_id,
    adjustment.effective_on as effective_date,
    adjustment.reason,
    adjustment._submission_id as submission_id,
    adjustment._line_number as line_number
from {{ ref('stg_district__adjustments') }} as adjustment
inner join {{ ref('int_district__section') }} as section on adjustment.section_key = section.section_key
