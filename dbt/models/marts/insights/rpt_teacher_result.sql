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

-- The colleagues' students vary as well as the teacher's own: the same distance, of each of them.
of_colleague as (
    select
        graded.source_system,
        yardstick.teacher_key,
        graded.subject,
        graded.student_key,
        avg(graded.total_score - yardstick.others_mean) as difference
    from yardstick
    inner join graded
        on
            yardstick.course_key = graded.course_key
            and yardstick.session_key = graded.session_key
            and yardstick.teacher_key != graded.teacher_key
    group by graded.source_system, yardstick.teacher_key, graded.subject, graded.student_key
),

colleague as (
    select
        source_system,
        teacher_key,
        subject,
        count(*) as student_count,
        var_samp(difference) / count(*) as variance_of_mean
    from of_colleague
    group by source_system, teacher_key, subject
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
        -- Of fewer students, where the teacher has others in classes that nobody else teaches.
        count(difference) as compared_count,
        var_samp(difference) / count(difference) as variance_of_mean,
        count(*) < {{ threshold('suppression_minimum', 'of_student.source_system') }} as is_suppressed
    from of_student
    group by source_system, teacher_key, teacher_id, subject
),

-- Welch's t between the two groups of students. A student whom both taught makes it a little careful.
compared as (
    select
        rated.source_system,
        rated.teacher_key,
        rated.subject,
        rated.difference,
        sqrt(rated.variance_of_mean + colleague.variance_of_mean) as standard_error,
        (rated.variance_of_mean + colleague.variance_of_mean) ^ 2
        / (
            rated.variance_of_mean ^ 2 / (rated.compared_count - 1)
            + colleague.variance_of_mean ^ 2 / (colleague.student_count - 1)
        ) as degrees_of_freedom
    from rated
    inner join colleague
        on
            rated.source_system = colleague.source_system
            and rated.teacher_key = colleague.teacher_key
            and rated.subject = colleague.subject
    where
        rated.compared_count >= {{ threshold('suppression_minimum', 'rated.source_system') }}
        and colleague.student_count >= {{ threshold('suppression_minimum', 'colleague.source_system') }}
        and rated.variance_of_mean + colleague.variance_of_mean > 0
),

tested as (
    select
        *,
        {{ student_t_two_sided_p('(difference / standard_error)', 'degrees_of_freedom') }} as p_value
    from compared
),

ranked as (
    select
        *,
        count(*) over (partition by source_system) as test_count,
        row_number() over (partition by source_system order by p_value) as p_rank
    from tested
),

-- Benjamini and Hochberg over all teachers and subjects, as in int_factor_test: of many, some differ by chance.
corrected as (
    select
        *,
        least(
            1,
            min(p_value * (test_count::double precision / p_rank))
                over (partition by source_system order by p_value desc)
        ) as q_value
    from ranked
)

select
    rated.source_system,
    rated.teacher_key,
    rated.teacher_id,
    rated.subject,
    case when not rated.is_suppressed then rated.student_count end::integer as student_count,
    case when not rated.is_suppressed then rated.graded_count end::integer as graded_count,
    case when not rated.is_suppressed then rated.passed_count end::integer as passed_count,
    case when not rated.is_suppressed then rated.passed_count / rated.graded_count::double precision end as pass_rate,
    case when not rated.is_suppressed then rated.mean_score end as mean_score,
    corrected.difference,
    corrected.difference - corrected.standard_error * {{ student_t_95('corrected.degrees_of_freedom') }}
        as difference_low,
    corrected.difference + corrected.standard_error * {{ student_t_95('corrected.degrees_of_freedom') }}
        as difference_high,
    corrected.p_value,
    corrected.q_value,
    coalesce(corrected.q_value < rule.maximum_q_value, false) as is_found,
    rated.is_suppressed
from rated
inner join {{ ref('association_rule') }} as rule on rule.analysis = 'teacher'
left join corrected
    on
        rated.source_system = corrected.source_system
        and rated.teacher_key = corrected.teacher_key
        and rated.subject = corrected.subject
