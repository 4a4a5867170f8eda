{{ config(indexes=[{'columns': ['student_key', 'course_key', 'stage'], 'unique': true}]) }}

with moments as (
    select * from {{ ref('int_features__laurel_term') }}
),

results as (
    select
        fct_grade.student_key,
        fct_grade.course_key,
        fct_grade.total_score,
        fct_grade.is_passed,
        moments.stage,
        moments.grade_level
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join {{ ref('dim_session__laurel') }} as session on fct_grade.session_key = session.session_key
    inner join moments
        on
            fct_grade.student_key = moments.student_key
            and session.grade_level = moments.grade_level
            and session.term = moments.term
),

taken as (
    select distinct
        results.student_key,
        results.course_key,
        results.grade_level,
        dim_student.stream
    from results
    inner join {{ ref('dim_student__laurel') }} as dim_student on results.student_key = dim_student.student_key
),

takers as (
    select
        grade_level,
        stream,
        course_key,
        count(*) as student_count
    from taken
    group by grouping sets ((grade_level, stream, course_key), (grade_level, course_key))
),

classes as (
    select
        grade_level,
        stream,
        count(distinct student_key) as student_count
    from taken
    group by grouping sets ((grade_level, stream), (grade_level))
),

-- What a student will take is known where it goes on within a grade level, or where everybody at the next one (of the
-- student's stream, once that is chosen) takes it.
offered as (
    select distinct
        takers.grade_level,
        takers.stream,
        takers.course_key
    from takers
    inner join classes
        on takers.grade_level = classes.grade_level and takers.stream is not distinct from classes.stream
    where takers.student_count = classes.student_count
),

coming as (
    select
        moments.student_key,
        results.course_key,
        moments.stage
    from moments
    inner join {{ ref('dim_student__laurel') }} as dim_student on moments.student_key = dim_student.student_key
    inner join results
        on moments.student_key = results.student_key and moments.stage - moments.terms_since_last = results.stage
    left join offered
        on
            moments.grade_level = offered.grade_level
            and results.course_key = offered.course_key
            and dim_student.stream is not distinct from offered.stream
    where moments.is_coming and (moments.grade_level = results.grade_level or offered.course_key is not null)
),

courses as (
    select
        student_key,
        course_key,
        stage,
        total_score,
        is_passed
    from results
    union all
    select
        student_key,
        course_key,
        stage,
        null as total_score,
        null as is_passed
    from coming
),

known as (
    select
        student_key,
        course_key,
        stage,
        total_score,
        is_passed,
        lag(total_score) over subject_stages as subject_score_last,
        avg(total_score) over earlier as subject_score_so_far,
        min(total_score) over earlier as subject_score_lowest,
        avg((not is_passed)::integer) over earlier as subject_failed_rate_so_far,
        count(total_score) over earlier as subject_term_count_so_far
    from courses
    window
        subject_stages as (partition by student_key, course_key order by stage),
        earlier as (
            partition by student_key, course_key order by stage rows between unbounded preceding and 1 preceding
        )
)

select
    known.student_key,
    known.course_key,
    dim_course.course_name as subject,
    moments.source_system,
    moments.stage,
    moments.grade_level,
    moments.school_stage,
    moments.term,
    moments.session_name,
    moments.terms_ago,
    moments.is_coming,
    known.subject_score_last::double precision as subject_score_last,
    known.subject_score_so_far::double precision as subject_score_so_far,
    known.subject_score_lowest::double precision as subject_score_lowest,
    known.subject_failed_rate_so_far::double precision as subject_failed_rate_so_far,
    known.subject_term_count_so_far::integer as subject_term_count_so_far,
    moments.mean_score_last,
    moments.mean_score_change,
    moments.failed_rate_last,
    moments.attendance_rate_last,
    moments.mean_score_so_far,
    moments.attendance_rate_so_far,
    moments.failed_rate_so_far,
    moments.term_count_so_far,
    moments.risk_tier_last,
    (known.subject_score_last < {{ threshold('pass_mark', 'moments.source_system') }})::integer
        as is_subject_failed_last,
    (not known.is_passed)::integer as is_failed,
    known.total_score::double precision as total_score
from known
inner join moments on known.student_key = moments.student_key and known.stage = moments.stage
inner join {{ ref('dim_course__laurel') }} as dim_course on known.course_key = dim_course.course_key
