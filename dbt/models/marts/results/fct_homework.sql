{{ config(indexes=[
    {'columns': ['homework_key'], 'unique': true},
    {'columns': ['student_key']},
    {'columns': ['section_key']},
]) }}

select
    {{ surrogate_key(['homework.source_system', 'homework.homework_id']) }} as homework_key,
    homework.student_key,
    homework.assessment_key,
    homework.section_key,
    section.course_key,
    section.session_key,
    section.teacher_key,
    section.school_key,
    homework.source_system,
    homework.homework_id,
    homework.assigned_on as assigned_date,
    homework.due_on as due_date,
    (homework.submitted_at at time zone 'UTC')::date as submitted_date,
    homework.submitted_at is not null as is_submitted,
    (homework.submitted_at at time zone 'UTC')::date - homework.due_on as days_late,
    (homework.submitted_at at time zone 'UTC')::date > homework.due_on as is_late,
    homework.score,
    bridge.student_key is not null as has_guardian,
    (homework.seen_by_parent_at at time zone 'UTC')::date as guardian_seen_date,
    homework.seen_by_parent_at is not null as is_seen_by_guardian,
    homework._submission_id as submission_id,
    homework._line_number as line_number
from {{ ref('stg_district__homeworks') }} as homework
inner join {{ ref('int_district__section') }} as section on homework.section_key = section.section_key
left join {{ ref('bridge_student_guardian__district') }} as bridge on homework.student_key = bridge.student_key
