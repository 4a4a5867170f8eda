with history as (
    select distinct
        student_key,
        session_key,
        source_system,
        grade_level,
        term
    from {{ ref('stg_laurel__academic_history') }}
),

placed as (
    select
        history.student_key,
        history.session_key,
        history.source_system,
        grade_level.grade_level_order,
        term.term_order
    from history
    inner join {{ ref('grade_level') }} as grade_level
        on history.source_system = grade_level.source_system and history.grade_level = grade_level.grade_level
    inner join {{ ref('term') }} as term
        on history.source_system = term.source_system and history.term = term.term
)

select distinct on (student_key)
    student_key,
    session_key,
    source_system
from placed
order by student_key, grade_level_order desc, term_order desc
