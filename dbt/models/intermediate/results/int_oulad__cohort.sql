-- Without a line of registrations nobody knows whether a student left, and without its length how long a presentation
-- lasts: such enrollments and presentations are in no cohort.
with cohort as (
    select
        section.section_key,
        section.source_system,
        section.section_name,
        section.length_days as last_day,
        count(*)::integer as student_count,
        count(*) < {{ threshold('suppression_minimum', 'section.source_system') }} as is_small,
        {{ threshold('suppression_minimum', 'section.source_system') }} as minimum_count,
        false as is_margin -- it is the total over all presentations, in the reports
    from {{ ref('fct_enrollment__oulad') }} as enrollment
    inner join {{ ref('dim_course_section__oulad') }} as section on enrollment.section_key = section.section_key
    where enrollment.registration_submission_id is not null and section.length_days is not null
    group by section.section_key, section.source_system, section.section_name, section.length_days
)

select
    section_key,
    source_system,
    section_name,
    last_day,
    student_count as enrolled_count,
    minimum_count,
    {{ is_withheld(within='source_system', cell='section_key', disjoint=true) }} as is_suppressed
from cohort
