{{ config(indexes=[{'columns': ['section_name']}]) }}

-- The presentation so far: the last day that files of clicks tell of.
with observed as (
    select
        section_key,
        max(presentation_day) as as_of_day,
        max(date_day) as as_of_date
    from {{ ref('int_oulad__section_day') }}
    group by section_key
),

seen as (
    select
        section_key,
        student_key,
        max(last_day) as last_active_day,
        sum(click_count) as click_count
    from {{ ref('int_oulad__student_activity') }}
    group by section_key, student_key
),

enrolled as (
    select
        enrollment.student_key,
        enrollment.section_key,
        enrollment.source_system,
        observed.as_of_day,
        observed.as_of_date,
        seen.last_active_day,
        coalesce(seen.click_count, 0)::integer as click_count,
        count(*) over (partition by enrollment.section_key)::integer as enrolled_count
    from {{ ref('fct_enrollment__oulad') }} as enrollment
    inner join observed on enrollment.section_key = observed.section_key
    left join seen on enrollment.section_key = seen.section_key and enrollment.student_key = seen.student_key
    where
        -- without a line of registrations nobody knows whether the student is still there
        enrollment.registration_submission_id is not null
        and coalesce(enrollment.registered_day, observed.as_of_day) <= observed.as_of_day
        and (enrollment.unregistered_day is null or enrollment.unregistered_day > observed.as_of_day)
)

select
    enrolled.student_key,
    enrolled.section_key,
    enrolled.source_system,
    student.student_id,
    section.section_name,
    enrolled.as_of_day,
    enrolled.as_of_date,
    section.length_days,
    enrolled.last_active_day,
    enrolled.as_of_day - enrolled.last_active_day as inactive_days,
    enrolled.click_count,
    enrolled.enrolled_count
from enrolled
inner join {{ ref('dim_course_section__oulad') }} as section on enrolled.section_key = section.section_key
inner join {{ ref('dim_student__oulad') }} as student on enrolled.student_key = student.student_key
where
    enrolled.last_active_day is null
    or enrolled.as_of_day - enrolled.last_active_day >= {{ threshold('inactivity_days', 'enrolled.source_system') }}
