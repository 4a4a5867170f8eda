-- Each score against the mean of the same subject and term under other teachers: what is left does not carry how hard
-- the subject is. Students are the observations, not grades: a student's grades hang together.
with graded as (
    select
        fct_grade.source_system,
        fct_grade.teacher_key,
        dim_teacher.teacher_id,
        fct_grade.course_key,
        fct_grade.session_key,
        dim_course.course_name as subject,
        fct_grade.student_key,
        fct_grade.total_score::double precision as total_score,
        fct_grade.is_passed
    from {{ ref('fct_grade__laurel') }} as fct_grade
    inner join {{ ref('dim_course__laurel') }} as dim_course on fct_grade.course_key = dim_course.course_key
    inner join {{ ref('dim_teacher__laurel') }} as dim_teacher
        on fct_grade.teacher_key = dim_teacher.teacher_key and dim_teacher.member_type != 'unknown'
    where fct_grade.total_score is not null
),

taught as (
    select
        course_key,
        session_key,
        sum(total_score) as score_sum,
        count(*) as score_count
    from graded
    group by course_key, session_key
),

own as (
    select
        course_key,
        session_key,
        teacher_key,
        sum(total_score) as score_sum,
        count(*) as score_count
    from graded
    group by course_key, session_key, teacher_key
),

yardstick as (
    select
        own.course_key,
        own.session_key,
        own.teacher_key,
        (taught.score_sum - own.score_sum) / nullif(taught.score_count - own.score_count, 0) as others_mean
    from own
    inner join taught on own.course_key = taught.course_key and own.session_key = taught.session_key
),

of_student as (
    select
        graded.source_system,
        graded.teacher_key,
        graded.teacher_id,
        graded.subject,
        graded.student_key,
        count(*) as graded_count,
        count(*) filter (where graded.is_passed) as passed_count,
        sum(graded.total_score) as score_sum,
        avg(graded.total_score - yardstick.others_mean) as difference
    from graded
    inner join yardstick
        on
            graded.course_key = yardstick.course_key
            and graded.session_key = yardstick.session_key
            and graded.teacher_key = yardstick.teacher_key
    group by graded.source_system, graded.teacher_key, graded.teacher_id, graded.subject, graded.student_key
),

rated as (
    select
        source_system,
        teacher_key,
        teacher_id,
        subject,
        count(*) as student_count,
        sum(graded_count) as graded_count,
        sum(passed_count) as passed_count,
        sum(score_sum) / sum(graded_count) as mean_score,
        avg(difference) as difference,
        stddev_samp(difference) / nullif(sqrt(count(difference)), 0) as standard_error,
        count(*) < {{ threshold('suppression_minimum', 'of_student.source_system') }} as is_suppressed
    from of_student
    group by source_system, teacher_key, teacher_id, subject
)

select
    source_system,
    teacher_key,
    teacher_id,
    subject,
    case when not is_suppressed then student_count end::integer as student_count,
    case when not is_suppressed then graded_count end::integer as graded_count,
    case when not is_suppressed then passed_count end::integer as passed_count,
    case when not is_suppressed then passed_count / graded_count::double precision end as pass_rate,
    case when not is_suppressed then mean_score end as mean_score,
    case when not is_suppressed then difference end as difference,
    case when not is_suppressed then difference - {{ normal_quantile_95() }} * standard_error end as difference_low,
    case when not is_suppressed then difference + {{ normal_quantile_95() }} * standard_error end as difference_high,
    is_suppressed
from rated
