-- Grades that count in an average, once for each way of looking at them.
with graded as (
    select
        grade.source_system,
        grade.student_key,
        grade.teacher_key,
        school.school_key,
        school.school_label as school_name,
        coalesce(course.subject, 'Unknown subject') as subject,
        course.course_name,
        coalesce(section.grade_level, 'No grade level') as grade_level,
        coalesce(grade_level.grade_level_order, 0) as grade_level_order,
        session.session_name,
        coalesce(session.session_order, 0) as session_order,
        coalesce(teacher.teacher_id, 'No teacher') as teacher_id,
        coalesce(grade.credits, 1) as credits,
        grade.grade_points * coalesce(grade.credits, 1) as credit_points,
        grade.is_passed
    from {{ ref('fct_grade__district') }} as grade
    inner join {{ ref('dim_school__district') }} as school on grade.school_key = school.school_key
    inner join {{ ref('dim_course__district') }} as course on grade.course_key = course.course_key
    inner join {{ ref('dim_course_section__district') }} as section on grade.section_key = section.section_key
    inner join {{ ref('dim_session__district') }} as session on grade.session_key = session.session_key
    inner join {{ ref('dim_teacher__district') }} as teacher on grade.teacher_key = teacher.teacher_key
    left join {{ ref('grade_level') }} as grade_level
        on grade.source_system = grade_level.source_system and section.grade_level = grade_level.grade_level
    where grade.grade_points is not null
),

{% set looks = {
    'Subject': ["''", 'subject', '0'], 'Course': ['subject', 'course_name', 'grade_level_order'],
    'Teacher': ["''", 'teacher_id', '0'], 'Grade level': ["''", 'grade_level', 'grade_level_order'],
    'Session': ["''", 'session_name', 'session_order'],
} %}

looked_at as (
    {% for dimension, (group_name, member, member_order) in looks.items() %}
    select
        source_system,
        '{{ dimension }}' as dimension,
        {{ loop.index + 1 }} as dimension_order,
        {{ group_name }}::text as group_name,
        {{ member }} as member_name,
        {{ member_order }} as member_order,
        school_key,
        school_name,
        student_key,
        credits,
        credit_points,
        is_passed
    from graded
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

{{ school_cells(
    'looked_at', 'member_name', within=['dimension', 'dimension_order', 'group_name'], orders=['member_order'],
    measures={
        'grade_count': 'count(*)', 'passed_count': 'count(*) filter (where is_passed)', 'credit_sum': 'sum(credits)',
        'credit_point_sum': 'sum(credit_points)',
    },
) }},

-- What adds up to a hidden subject, or is one under another name, is hidden with it: its courses and its teachers.
hidden_subject as (
    select
        source_system,
        school_name,
        member_name as subject
    from reported
    where dimension = 'Subject' and is_suppressed and not is_margin
),

hidden_teacher as (
    select distinct
        graded.source_system,
        graded.school_name,
        graded.teacher_id
    from graded
    inner join hidden_subject using (source_system, school_name, subject)
),

-- A school is the margin of its subjects; those of the other ways to look say the same again, or less.
published as (
    select
        reported.source_system,
        reported.dimension,
        reported.dimension_order,
        reported.group_name,
        reported.member_name,
        reported.member_order,
        reported.school_name,
        reported.grade_count,
        reported.passed_count,
        reported.credit_sum,
        reported.credit_point_sum,
        reported.student_count,
        reported.is_suppressed
        or hidden_subject.subject is not null
        or hidden_teacher.teacher_id is not null as is_suppressed,
        reported.school_key,
        reported.is_of_few_schools
    from reported
    left join hidden_subject
        on
            reported.dimension = 'Course'
            and reported.source_system = hidden_subject.source_system
            and reported.school_name = hidden_subject.school_name
            and reported.group_name = hidden_subject.subject
    left join hidden_teacher
        on
            reported.dimension = 'Teacher'
            and reported.source_system = hidden_teacher.source_system
            and reported.school_name in (hidden_teacher.school_name, 'All schools')
            and reported.member_name = hidden_teacher.teacher_id
    where not reported.is_margin
    union all
    select
        source_system,
        'School' as dimension,
        1 as dimension_order,
        group_name,
        school_name as member_name,
        case when school_name = 'All schools' then 0 else 1 end as member_order,
        school_name,
        grade_count,
        passed_count,
        credit_sum,
        credit_point_sum,
        student_count,
        is_suppressed,
        school_key,
        is_of_few_schools
    from reported
    where dimension = 'Subject' and is_margin
)

select
    source_system,
    dimension,
    dimension_order,
    group_name,
    member_name,
    member_order,
    school_name,
    {{ shown_counts(['student_count', 'grade_count', 'passed_count']) }}
    case when not is_suppressed then credit_point_sum / nullif(credit_sum, 0) end::double precision as gpa,
    case when not is_suppressed then passed_count::double precision / grade_count end as pass_rate,
    is_suppressed,
    school_key,
    is_of_few_schools
from published
