with homework as (
    select
        homework.source_system,
        homework.student_key,
        school.school_key,
        school.school_label as school_name,
        coalesce(section.grade_level, 'No grade level') as grade_level,
        coalesce(grade_level.grade_level_order, 0) as grade_level_order,
        coalesce(course.subject, 'Unknown subject') as subject,
        session.session_name,
        coalesce(session.session_order, 0) as session_order,
        homework.is_submitted,
        homework.is_late,
        homework.has_guardian,
        homework.has_guardian and homework.is_seen_by_guardian as is_seen
    from {{ ref('fct_homework') }} as homework
    inner join {{ ref('dim_school__district') }} as school on homework.school_key = school.school_key
    inner join {{ ref('dim_course__district') }} as course on homework.course_key = course.course_key
    inner join {{ ref('dim_course_section__district') }} as section on homework.section_key = section.section_key
    inner join {{ ref('dim_session__district') }} as session on homework.session_key = session.session_key
    left join {{ ref('grade_level') }} as grade_level
        on homework.source_system = grade_level.source_system and section.grade_level = grade_level.grade_level
),

{% set looks = {
    'Subject': ['subject', '0'], 'Grade level': ['grade_level', 'grade_level_order'],
    'Session': ['session_name', 'session_order'],
} %}

looked_at as (
    {% for dimension, (member, member_order) in looks.items() %}
    select
        source_system,
        '{{ dimension }}' as dimension,
        {{ loop.index + 1 }} as dimension_order,
        {{ member }} as member_name,
        {{ member_order }} as member_order,
        school_key,
        school_name,
        student_key,
        is_submitted,
        is_late,
        has_guardian,
        is_seen
    from homework
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

{{ school_cells(
    'looked_at', 'member_name', within=['dimension', 'dimension_order'], orders=['member_order'],
    measures={
        'set_count': 'count(*)', 'submitted_count': 'count(*) filter (where is_submitted)',
        'late_count': 'count(*) filter (where is_late)', 'with_guardian_count': 'count(*) filter (where has_guardian)',
        'seen_count': 'count(*) filter (where is_seen)',
    },
) }},

-- A school is the margin of its subjects.
published as (
    select
        source_system,
        dimension,
        dimension_order,
        member_name,
        member_order,
        school_name,
        student_count,
        set_count,
        submitted_count,
        late_count,
        with_guardian_count,
        seen_count,
        is_suppressed,
        school_key,
        is_of_few_schools
    from reported
    where not is_margin
    union all
    select
        source_system,
        'School' as dimension,
        1 as dimension_order,
        school_name as member_name,
        case when school_name = 'All schools' then 0 else 1 end as member_order,
        school_name,
        student_count,
        set_count,
        submitted_count,
        late_count,
        with_guardian_count,
        seen_count,
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
    member_name,
    member_order,
    school_name,
    {{ shown_counts(
        ['student_count', 'set_count', 'submitted_count', 'late_count', 'with_guardian_count', 'seen_count']
    ) }}
    case when not is_suppressed then submitted_count::double precision / set_count end as submission_rate,
    case when not is_suppressed then late_count::double precision / nullif(submitted_count, 0) end as late_rate,
    case when not is_suppressed then seen_count::double precision / nullif(with_guardian_count, 0) end as seen_rate,
    is_suppressed,
    school_key,
    is_of_few_schools
from published
