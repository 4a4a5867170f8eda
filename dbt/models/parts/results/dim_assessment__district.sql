{{ config(indexes=[{'columns': ['assessment_key'], 'unique': true}]) }}

-- Students of one course may have been given different days: the assessment's is the earliest.
select
    homework.assessment_key,
    homework.source_system,
    any_value(section.course_name) || ' ' || any_value(homework.assignment_name) as assessment_name,
    'homework' as assessment_kind,
    100::numeric as maximum_score,
    null::numeric as ready_score,
    null::text as ready_score_source,
    any_value(homework.course_id) || ' ' || any_value(homework.assignment_name) as assessment_id,
    homework.section_key,
    null::integer as due_day,
    min(homework.due_on) as due_date,
    null::numeric as weight_pct,
    (array_agg(homework._submission_id order by homework.due_on, homework.homework_id))[1] as submission_id,
    (array_agg(homework._line_number order by homework.due_on, homework.homework_id))[1] as line_number
from {{ ref('stg_district__homeworks') }} as homework
inner join {{ ref('int_district__section') }} as section on homework.section_key = section.section_key
group by homework.assessment_key, homework.source_system, homework.section_key
