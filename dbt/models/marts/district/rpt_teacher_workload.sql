-- A row for each student of a teacher's section, and one for each homework that was handed in to the teacher.
with work as (
    select
        source_system,
        school_key,
        session_key,
        teacher_key,
        section_key,
        student_key,
        false as is_homework
    from {{ ref('fct_enrollment__district') }}
    union all
    select
        source_system,
        school_key,
        session_key,
        teacher_key,
        section_key,
        student_key,
        true as is_homework
    from {{ ref('fct_homework') }}
    where is_submitted
),

placed as (
    select
        work.source_system,
        work.student_key,
        work.teacher_key,
        work.section_key,
        work.session_key,
        work.is_homework,
        work.school_key,
        school.school_label as school_name,
        session.session_name,
        coalesce(session.session_order, 0) as session_order
    from work
    inner join {{ ref('dim_school__district') }} as school on work.school_key = school.school_key
    inner join {{ ref('dim_session__district') }} as session on work.session_key = session.session_key
    inner join {{ ref('dim_teacher__district') }} as teacher
        on work.teacher_key = teacher.teacher_key and teacher.member_type <> 'unknown'
),

{{ school_cells(
    'placed', 'session_name', orders=['session_order'],
    measures={
        'teacher_term_count': 'count(distinct (teacher_key, session_key))',
        'section_count': 'count(distinct section_key)',
        'taught_count': 'count(distinct (teacher_key, session_key, student_key))',
        'homework_count': 'count(*) filter (where is_homework)',
    },
) }}

select
    source_system,
    school_name,
    case when is_margin then 'All sessions' else session_name end as session_name,
    coalesce(session_order, 0) as session_order,
    {{ shown_counts(['student_count', 'teacher_term_count', 'section_count', 'taught_count', 'homework_count']) }}
    case when not is_suppressed then section_count::double precision / teacher_term_count end as sections_per_teacher,
    case when not is_suppressed then taught_count::double precision / teacher_term_count end as students_per_teacher,
    case when not is_suppressed then homework_count::double precision / teacher_term_count end as homeworks_per_teacher,
    is_suppressed,
    school_key,
    is_of_few_schools
from reported
