{{ config(indexes=[{'columns': ['student_key', 'stage'], 'unique': true}]) }}

-- A stage is a term's place in the calendar of the files; the moments are the beginnings of terms, that of the term
-- after the last on file among them.
with sessions as (
    select
        session_key,
        source_system,
        session_name,
        session_order,
        max(session_order) over (partition by source_system) as last_order
    from {{ ref('dim_session__district') }}
    where session_order is not null
),

graded as (
    select
        grade.student_key,
        sessions.source_system,
        sessions.session_order,
        sum(grade.grade_points * coalesce(grade.credits, 1)) / nullif(sum(coalesce(grade.credits, 1)), 0) as gpa,
        count(*) as course_count
    from {{ ref('fct_grade__district') }} as grade
    inner join sessions on grade.session_key = sessions.session_key
    inner join {{ ref('dim_student__district') }} as student on grade.student_key = student.student_key
    where grade.grade_points is not null and student.is_current and student.member_type = 'known'
    group by grade.student_key, sessions.source_system, sessions.session_order
),

homework as (
    select
        homework.student_key,
        sessions.session_order,
        avg(homework.is_submitted::integer) as submitted_rate,
        avg(homework.is_late::integer) as late_rate,
        avg(homework.score) as mean_score
    from {{ ref('fct_homework') }} as homework
    inner join sessions on homework.session_key = sessions.session_key
    group by homework.student_key, sessions.session_order
),

changes as (
    select
        change.student_key,
        sessions.session_order,
        count(*) as change_count
    from {{ ref('fct_course_load_change') }} as change
    inner join sessions on change.session_key = sessions.session_key
    group by change.student_key, sessions.session_order
),

terms as (
    select
        graded.student_key,
        graded.source_system,
        graded.session_order as stage,
        graded.gpa,
        graded.course_count,
        homework.submitted_rate,
        homework.late_rate,
        homework.mean_score,
        coalesce(changes.change_count, 0) as change_count
    from graded
    left join homework using (student_key, session_order)
    left join changes using (student_key, session_order)
),

moments as (
    select terms.*
    from terms
    union all
    select distinct
        terms.student_key,
        terms.source_system,
        sessions.last_order + 1 as stage,
        null::numeric as gpa,
        null::bigint as course_count,
        null::numeric as submitted_rate,
        null::numeric as late_rate,
        null::numeric as mean_score,
        null::bigint as change_count
    from terms
    inner join sessions on terms.source_system = sessions.source_system
),

known as (
    select
        student_key,
        source_system,
        stage,
        gpa,
        lag(gpa) over student_stages as gpa_last,
        lag(gpa, 2) over student_stages as gpa_before_last,
        avg(gpa) over earlier as gpa_so_far,
        lag(course_count) over student_stages as course_count_last,
        avg(submitted_rate) over earlier as submitted_rate_so_far,
        avg(late_rate) over earlier as late_rate_so_far,
        avg(mean_score) over earlier as homework_score_so_far,
        coalesce(sum(change_count) over earlier, 0) as change_count_so_far,
        count(gpa) over earlier as term_count_so_far
    from moments
    window
        student_stages as (partition by student_key order by stage),
        earlier as (partition by student_key order by stage rows between unbounded preceding and 1 preceding)
),

calendar as (
    select distinct
        source_system,
        last_order
    from sessions
)

select
    known.student_key,
    known.source_system,
    known.stage::integer as stage,
    coalesce(sessions.session_name, 'the term to come') as session_name,
    (calendar.last_order - known.stage)::integer as terms_ago,
    known.stage > calendar.last_order as is_coming,
    known.gpa_last::double precision as gpa_last,
    (known.gpa_last - known.gpa_before_last)::double precision as gpa_change,
    known.gpa_so_far::double precision as gpa_so_far,
    known.course_count_last::integer as course_count_last,
    known.submitted_rate_so_far::double precision as submitted_rate_so_far,
    known.late_rate_so_far::double precision as late_rate_so_far,
    known.homework_score_so_far::double precision as homework_score_so_far,
    known.change_count_so_far::integer as change_count_so_far,
    known.term_count_so_far::integer as term_count_so_far,
    (known.gpa_last >= {{ threshold('high_performer_gpa', 'known.source_system') }})::integer as is_high_performer_last,
    known.gpa::double precision as gpa,
    (known.gpa >= {{ threshold('high_performer_gpa', 'known.source_system') }})::integer as is_high_performer
from known
inner join calendar on known.source_system = calendar.source_system
left join sessions on known.source_system = sessions.source_system and known.stage = sessions.session_order
