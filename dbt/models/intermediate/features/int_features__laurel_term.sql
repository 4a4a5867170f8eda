{{ config(indexes=[{'columns': ['student_key', 'stage'], 'unique': true}]) }}

-- The files have no calendar: a stage is a term's place on every student's way through the school, and everybody's
-- latest stage is the present, but for those who left the last one in an earlier year.
with calendar as (
    select
        source_system,
        max(term_order) as term_count
    from {{ ref('term') }}
    group by source_system
),

stages as (
    select
        session.session_key,
        session.source_system,
        session.grade_level_order,
        session.term_order,
        (session.grade_level_order - 1) * calendar.term_count + session.term_order as stage
    from {{ ref('dim_session__laurel') }} as session
    inner join calendar on session.source_system = calendar.source_system
    where session.term_order is not null and session.grade_level_order is not null
),

register as (
    select *
    from {{ ref('dim_student__laurel') }}
    where is_current and member_type = 'known'
),

measured as (
    select
        fct_grade.student_key,
        stages.source_system,
        stages.stage,
        avg(fct_grade.total_score) as mean_score,
        count(fct_grade.total_score) as graded_count,
        count(*) filter (where not fct_grade.is_passed) as failed_count,
        count(*) filter (where fct_grade.letter_grade = 'F') as f_count,
        count(*) filter (where fct_grade.letter_grade = 'D') as d_count,
        avg(fct_attendance.attendance_rate) as attendance_rate
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join stages on fct_grade.session_key = stages.session_key
    inner join register on fct_grade.student_key = register.student_key
    left join {{ ref('fct_attendance') }} as fct_attendance
        on
            fct_grade.student_key = fct_attendance.student_key
            and fct_grade.course_key = fct_attendance.course_key
            and fct_grade.session_key = fct_attendance.session_key
    group by fct_grade.student_key, stages.source_system, stages.stage
),

terms as (
    select
        measured.*,
        coalesce(max(risk_tier.risk_tier), 0) as risk_tier
    from measured
    left join {{ ref('risk_tier') }} as risk_tier
        on
            measured.source_system = risk_tier.source_system
            and (
                measured.attendance_rate < risk_tier.below_attendance_rate
                or (measured.f_count >= risk_tier.minimum_f_count and measured.d_count >= risk_tier.minimum_d_count)
            )
    group by
        measured.student_key, measured.source_system, measured.stage, measured.mean_score, measured.graded_count,
        measured.failed_count, measured.f_count, measured.d_count, measured.attendance_rate
),

last_stage as (
    select
        grade_level.source_system,
        max(grade_level.grade_level_order) * max(calendar.term_count) as stage
    from {{ ref('grade_level') }} as grade_level
    inner join calendar on grade_level.source_system = calendar.source_system
    group by grade_level.source_system
),

latest as (
    select
        register.student_key,
        register.source_system,
        register.graduation_date,
        max(terms.stage) as stage,
        max(terms.stage) = max(last_stage.stage) as is_finished
    from terms
    inner join register on terms.student_key = register.student_key
    inner join last_stage on terms.source_system = last_stage.source_system
    group by register.student_key, register.source_system, register.graduation_date
),

placed as (
    select
        latest.*,
        case
            when is_finished and graduation_date is not null
                then
                    round((max(graduation_date) filter (where is_finished) over () - graduation_date) / 365.25)
                    * calendar.term_count
            else 0
        end::integer as terms_since_leaving
    from latest
    inner join calendar on latest.source_system = calendar.source_system
),

moments as (
    select
        student_key,
        source_system,
        stage,
        mean_score,
        graded_count,
        failed_count,
        risk_tier,
        attendance_rate
    from terms
    union all
    select
        student_key,
        source_system,
        stage + 1 as stage,
        null as mean_score,
        null as graded_count,
        null as failed_count,
        null as risk_tier,
        null as attendance_rate
    from placed
    where not is_finished and graduation_date is null
),

-- Whatever is called `…_last` or `…_so_far` looks at earlier rows of the window alone.
known as (
    select
        student_key,
        source_system,
        stage,
        lag(stage) over student_stages as last_stage,
        lag(mean_score) over student_stages as mean_score_last,
        lag(mean_score, 2) over student_stages as mean_score_before_last,
        lag(failed_count::numeric / nullif(graded_count, 0)) over student_stages as failed_rate_last,
        lag(attendance_rate) over student_stages as attendance_rate_last,
        lag(risk_tier) over student_stages as risk_tier_last,
        avg(mean_score) over earlier as mean_score_so_far,
        avg(attendance_rate) over earlier as attendance_rate_so_far,
        sum(failed_count) over earlier / nullif(sum(graded_count) over earlier, 0) as failed_rate_so_far,
        count(mean_score) over earlier as term_count_so_far
    from moments
    window
        student_stages as (partition by student_key order by stage),
        earlier as (partition by student_key order by stage rows between unbounded preceding and 1 preceding)
)

select
    known.student_key,
    known.source_system,
    known.stage::integer as stage,
    grade_level.grade_level,
    grade_level.school_stage,
    term.term,
    grade_level.grade_level || ' ' || term.term as session_name,
    (placed.stage - known.stage + placed.terms_since_leaving)::integer as terms_ago,
    known.stage > placed.stage as is_coming,
    (known.stage - known.last_stage)::integer as terms_since_last,
    known.mean_score_last::double precision as mean_score_last,
    (known.mean_score_last - known.mean_score_before_last)::double precision as mean_score_change,
    known.failed_rate_last::double precision as failed_rate_last,
    known.attendance_rate_last::double precision as attendance_rate_last,
    known.mean_score_so_far::double precision as mean_score_so_far,
    known.attendance_rate_so_far::double precision as attendance_rate_so_far,
    known.failed_rate_so_far::double precision as failed_rate_so_far,
    known.term_count_so_far::integer as term_count_so_far,
    known.risk_tier_last::integer as risk_tier_last
from known
inner join placed on known.student_key = placed.student_key
inner join calendar on known.source_system = calendar.source_system
inner join {{ ref('grade_level') }} as grade_level
    on
        known.source_system = grade_level.source_system
        and (known.stage - 1) / calendar.term_count + 1 = grade_level.grade_level_order
inner join {{ ref('term') }} as term
    on
        known.source_system = term.source_system
        and (known.stage - 1) % calendar.term_count + 1 = term.term_order
