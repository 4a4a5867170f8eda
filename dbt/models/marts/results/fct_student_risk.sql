{{ config(indexes=[{'columns': ['student_key'], 'unique': true}]) }}

-- Who is not on the school's register cannot be helped by it: inferred students have grades, but no tier.
with latest_session as (
    select latest_session.*
    from {{ ref('int_student_latest_session') }} as latest_session
    inner join {{ ref('dim_student__laurel') }} as dim_student on latest_session.student_key = dim_student.student_key
    where dim_student.member_type = 'known'
),

courses as (
    select
        latest_session.student_key,
        count(fct_grade.letter_grade) as graded_course_count,
        count(*) filter (where fct_grade.letter_grade = 'F') as f_count,
        count(*) filter (where fct_grade.letter_grade = 'D') as d_count
    from latest_session
    inner join {{ ref('fct_grade__laurel') }} as fct_grade
        on latest_session.student_key = fct_grade.student_key and latest_session.session_key = fct_grade.session_key
    group by latest_session.student_key
),

attendance as (
    select
        latest_session.student_key,
        avg(fct_attendance.attendance_rate) as attendance_rate
    from latest_session
    inner join {{ ref('fct_attendance') }} as fct_attendance
        on
            latest_session.student_key = fct_attendance.student_key
            and latest_session.session_key = fct_attendance.session_key
    group by latest_session.student_key
),

measured as (
    select
        latest_session.student_key,
        latest_session.session_key,
        latest_session.source_system,
        attendance.attendance_rate,
        courses.graded_course_count,
        courses.f_count,
        courses.d_count
    from latest_session
    inner join courses on latest_session.student_key = courses.student_key
    left join attendance on latest_session.student_key = attendance.student_key
),

triggered as (
    select distinct on (measured.student_key, risk_tier.trigger_kind)
        measured.student_key,
        risk_tier.risk_tier,
        risk_tier.trigger_kind,
        case risk_tier.trigger_kind
            when 'attendance'
                then
                    'attendance ' || round(measured.attendance_rate * 100, 2) || '% is below '
                    || trim_scale(risk_tier.below_attendance_rate * 100) || '%'
            when 'courses'
                then measured.f_count || ' F and ' || measured.d_count || ' D'
        end as trigger_text
    from measured
    inner join {{ ref('risk_tier') }} as risk_tier
        on
            measured.source_system = risk_tier.source_system
            and (
                measured.attendance_rate < risk_tier.below_attendance_rate
                or (
                    measured.f_count >= risk_tier.minimum_f_count
                    and measured.d_count >= risk_tier.minimum_d_count
                )
            )
    order by measured.student_key, risk_tier.trigger_kind, risk_tier.risk_tier desc
),

tiers as (
    select
        student_key,
        max(risk_tier) as risk_tier,
        max(risk_tier) filter (where trigger_kind = 'attendance') as attendance_tier,
        max(risk_tier) filter (where trigger_kind = 'courses') as course_tier,
        string_agg(trigger_text, '; ' order by risk_tier desc, trigger_kind) as triggers
    from triggered
    group by student_key
)

select
    measured.student_key,
    measured.session_key,
    measured.source_system,
    coalesce(tiers.risk_tier, 0) as risk_tier,
    coalesce(tiers.attendance_tier, 0) as attendance_tier,
    coalesce(tiers.course_tier, 0) as course_tier,
    tiers.triggers,
    measured.attendance_rate,
    attendance_band.attendance_band,
    measured.attendance_rate <= {{ threshold('chronic_absence_rate', 'measured.source_system') }}
        as is_chronically_absent,
    measured.graded_course_count::integer as graded_course_count,
    measured.f_count::integer as f_count,
    measured.d_count::integer as d_count
from measured
left join tiers on measured.student_key = tiers.student_key
left join {{ ref('attendance_band') }} as attendance_band
    on
        measured.source_system = attendance_band.source_system
        and measured.attendance_rate is not null
        and {{ in_attendance_band('measured.attendance_rate') }}
