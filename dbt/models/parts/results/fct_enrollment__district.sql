{{ config(indexes=[{'columns': ['student_key', 'section_key'], 'unique': true}, {'columns': ['section_key']}]) }}

-- No file lists enrollments: whoever has a grade, a homework or a change of courses in a section was in it.
with change as (
    select
        student_key,
        section_key,
        source_system,
        effective_on,
        action_name <> 'drop' as is_in,
        action_name = 'audit' as is_audit,
        adjustment_id,
        _submission_id,
        _line_number
    from {{ ref('stg_district__adjustments') }}
    union all
    select
        student_key,
        from_section_key,
        source_system,
        effective_on,
        false,
        false,
        adjustment_id,
        _submission_id,
        _line_number
    from {{ ref('stg_district__adjustments') }}
    where from_section_key is not null and action_name = 'switch'
),

changed as (
    select
        student_key,
        section_key,
        source_system,
        min(effective_on) filter (where is_in and not is_audit) as joined_on,
        (array_agg(is_in order by effective_on desc, adjustment_id desc))[1] as is_in,
        (array_agg(is_audit order by effective_on desc, adjustment_id desc))[1] as is_audited,
        max(effective_on) as changed_on,
        (array_agg(_submission_id order by effective_on desc, adjustment_id desc))[1] as submission_id,
        (array_agg(_line_number order by effective_on desc, adjustment_id desc))[1] as line_number
    from change
    group by student_key, section_key, source_system
),

set_homework as (
    select
        student_key,
        section_key,
        source_system,
        (array_agg(_submission_id order by assigned_on, homework_id))[1] as submission_id,
        (array_agg(_line_number order by assigned_on, homework_id))[1] as line_number
    from {{ ref('stg_district__homeworks') }}
    group by student_key, section_key, source_system
),

graded as (
    select
        student_key,
        section_key,
        source_system,
        is_passed,
        submission_id,
        line_number
    from {{ ref('fct_grade__district') }}
),

-- A grade that another took the place of was given in a section all the same.
regraded as (
    select distinct on (student_key, section_key)
        student_key,
        section_key,
        source_system,
        _submission_id as submission_id,
        _line_number as line_number
    from {{ ref('stg_district__grades') }}
    order by student_key, section_key, updated_at desc, _submission_id desc, grade_id
),

enrolled as (
    select
        student_key,
        section_key,
        source_system,
        graded.is_passed,
        changed.joined_on,
        changed.is_in,
        changed.is_audited,
        changed.changed_on,
        coalesce(graded.submission_id, regraded.submission_id, set_homework.submission_id) as submission_id,
        coalesce(graded.line_number, regraded.line_number, set_homework.line_number) as line_number,
        changed.submission_id as registration_submission_id,
        changed.line_number as registration_line_number
    from regraded
    full join set_homework using (student_key, section_key, source_system)
    full join changed using (student_key, section_key, source_system)
    left join graded using (student_key, section_key, source_system)
)

select
    enrolled.student_key,
    enrolled.section_key,
    section.course_key,
    section.session_key,
    enrolled.source_system,
    coalesce(enrolled.joined_on, section.starts_on) - section.starts_on as registered_day,
    coalesce(enrolled.joined_on, section.starts_on) as registered_date,
    case when not enrolled.is_in then enrolled.changed_on - section.starts_on end as unregistered_day,
    case when not enrolled.is_in then enrolled.changed_on end as unregistered_date,
    null::integer as previous_attempt_count,
    null::integer as studied_credits,
    case
        when enrolled.is_passed then 'Pass'
        when not enrolled.is_passed then 'Fail'
        when not enrolled.is_in then 'Withdrawn'
    end as final_result,
    null::text as region,
    null::text as highest_education,
    null::text as imd_band,
    null::text as age_band,
    null::boolean as has_disability,
    enrolled.submission_id,
    enrolled.line_number,
    enrolled.registration_submission_id,
    enrolled.registration_line_number,
    section.school_key,
    section.teacher_key,
    coalesce(enrolled.is_audited, false) as is_audited
from enrolled
inner join {{ ref('int_district__section') }} as section on enrolled.section_key = section.section_key
