with graded as (
    select
        fct_grade.source_system,
        dim_session.grade_level,
        dim_session.grade_level_order,
        dim_course.course_name as subject,
        fct_grade.student_key,
        fct_grade.total_score::double precision as total_score
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join {{ ref('dim_session__laurel') }} as dim_session on fct_grade.session_key = dim_session.session_key
    inner join {{ ref('dim_course__laurel') }} as dim_course on fct_grade.course_key = dim_course.course_key
    where fct_grade.total_score is not null
),

distribution as (
    select
        source_system,
        grade_level,
        grade_level_order,
        coalesce(subject, 'All subjects') as subject,
        grouping(subject) = 1 as is_margin,
        count(distinct student_key) as student_count,
        count(*) as graded_count,
        avg(total_score) as mean_score,
        percentile_cont(array[0.05, 0.25, 0.5, 0.75, 0.95]) within group (order by total_score) as quantiles,
        count(distinct student_key) < {{ threshold('suppression_minimum', 'graded.source_system') }} as is_small
    from graded
    group by grouping sets (
        (source_system, grade_level, grade_level_order),
        (source_system, grade_level, grade_level_order, subject)
    )
),

decided as (
    select
        *,
        {{ is_withheld(within='source_system, grade_level', cell='subject') }} as is_suppressed
    from distribution
)

select
    source_system,
    grade_level,
    grade_level_order,
    subject,
    case when not is_suppressed then student_count end::integer as student_count,
    case when not is_suppressed then graded_count end::integer as graded_count,
    case when not is_suppressed then mean_score end as mean_score,
    case when not is_suppressed then quantiles[1] end as p05_score,
    case when not is_suppressed then quantiles[2] end as p25_score,
    case when not is_suppressed then quantiles[3] end as median_score,
    case when not is_suppressed then quantiles[4] end as p75_score,
    case when not is_suppressed then quantiles[5] end as p95_score,
    is_suppressed
from decided
