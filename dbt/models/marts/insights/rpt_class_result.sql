-- A class is who is at a grade level in one stream now; its results are those of the present school year.
with present as (
    select
        latest.student_key,
        dim_session.grade_level,
        dim_session.grade_level_order,
        dim_student.stream
    from {{ ref('int_student_latest_session') }} as latest
    inner join {{ ref('dim_session__laurel') }} as dim_session on latest.session_key = dim_session.session_key
    inner join {{ ref('dim_student__laurel') }} as dim_student on latest.student_key = dim_student.student_key
),

graded as (
    select
        fct_grade.source_system,
        present.grade_level,
        present.grade_level_order,
        coalesce(present.stream, '') as stream,
        dim_session.term,
        dim_session.term_order,
        fct_grade.student_key,
        fct_grade.total_score::double precision as total_score,
        fct_grade.is_passed
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join {{ ref('dim_session__laurel') }} as dim_session on fct_grade.session_key = dim_session.session_key
    inner join present
        on fct_grade.student_key = present.student_key and dim_session.grade_level = present.grade_level
    where fct_grade.total_score is not null and dim_session.term_order is not null
),

rated as (
    select
        source_system,
        grade_level,
        grade_level_order,
        stream,
        term,
        term_order,
        trim(grade_level || ' ' || stream) as class_name,
        false as is_margin,
        count(distinct student_key) as student_count,
        count(*) as graded_count,
        count(*) filter (where is_passed) as passed_count,
        avg(total_score) as mean_score,
        count(distinct student_key) < {{ threshold('suppression_minimum', 'graded.source_system') }} as is_small
    from graded
    group by source_system, grade_level, grade_level_order, stream, term, term_order
),

-- The key figures have the whole school by term: a class withheld alone would be that less the others.
decided as (
    select
        *,
        {{ is_withheld(within='source_system, term', cell='class_name') }} as is_suppressed
    from rated
)

select
    source_system,
    class_name,
    grade_level,
    grade_level_order,
    term,
    term_order,
    case when not is_suppressed then student_count end::integer as student_count,
    case when not is_suppressed then graded_count end::integer as graded_count,
    case when not is_suppressed then passed_count end::integer as passed_count,
    case when not is_suppressed then passed_count::double precision / graded_count end as pass_rate,
    case when not is_suppressed then mean_score end as mean_score,
    is_suppressed
from decided
