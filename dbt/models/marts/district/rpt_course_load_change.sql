with present as (
    select
        enrollment.source_system,
        school.school_label as school_name,
        enrollment.session_key,
        count(distinct enrollment.student_key) as enrolled_count
    from {{ ref('fct_enrollment__district') }} as enrollment
    inner join {{ ref('dim_school__district') }} as school on enrollment.school_key = school.school_key
    group by enrollment.source_system, school.school_label, enrollment.session_key
),

everywhere as (
    select
        present.source_system,
        coalesce(present.school_name, 'All schools') as school_name,
        session.session_name,
        sum(present.enrolled_count) as enrolled_count
    from present
    inner join {{ ref('dim_session__district') }} as session on present.session_key = session.session_key
    group by
        grouping sets (
            (present.source_system, session.session_name),
            (present.source_system, present.school_name, session.session_name)
        )
),

changed as (
    select
        change.source_system,
        change.student_key,
        school.school_key,
        school.school_label as school_name,
        session.session_name,
        coalesce(session.session_order, 0) as session_order,
        action.action_label,
        action.action_order
    from {{ ref('fct_course_load_change') }} as change
    inner join {{ ref('dim_school__district') }} as school on change.school_key = school.school_key
    inner join {{ ref('dim_session__district') }} as session on change.session_key = session.session_key
    inner join {{ ref('dim_action') }} as action on change.action_key = action.action_key
),

{{ school_cells(
    'changed', 'action_label', within=['session_name', 'session_order'], orders=['action_order'],
    measures={'change_count': 'count(*)'},
) }}

select
    source_system,
    school_name,
    session_name,
    session_order,
    action_label,
    coalesce(action_order, 0) as action_order,
    case when not is_suppressed then student_count end::integer as student_count,
    case when not is_suppressed then change_count end::integer as change_count,
    everywhere.enrolled_count::integer as enrolled_count,
    case
        when not is_suppressed then change_count::double precision / everywhere.enrolled_count
    end as change_rate,
    is_suppressed,
    school_key,
    is_of_few_schools
from reported
inner join everywhere using (source_system, school_name, session_name)
