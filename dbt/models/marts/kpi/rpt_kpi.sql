-- What the pages withhold is withheld here too: a total over everything, less what a page shows, would tell the rest.
with student_register as (
    select
        source_system,
        count(*) as student_count
    from {{ ref('dim_student__laurel') }}
    where is_current and member_type = 'known'
    group by source_system
),

teacher_register as (
    select
        source_system,
        count(*) as teacher_count
    from {{ ref('dim_teacher__laurel') }}
    where is_current and member_type = 'known'
    group by source_system
),

measured as (
    select
        source_system,
        'students' as kpi_name,
        student_count::double precision as numerator,
        null::double precision as denominator,
        null::bigint as student_count -- behind it; null where nobody could be told apart by it
    from student_register
    union all
    select
        source_system,
        'teachers',
        teacher_count,
        null,
        null
    from teacher_register
    union all
    select
        student_register.source_system,
        'student_teacher_ratio',
        student_register.student_count,
        teacher_register.teacher_count,
        null
    from student_register
    inner join teacher_register on student_register.source_system = teacher_register.source_system
    union all
    select
        source_system,
        'attendance_rate',
        sum(attendance_pct) / 100,
        count(attendance_pct),
        count(attendance_pct)
    from {{ ref('int_student_result') }}
    where population = 'All grade levels'
    group by source_system
    union all
    select
        source_system,
        'chronic_absenteeism',
        count(*) filter (where is_chronically_absent),
        count(is_chronically_absent),
        count(is_chronically_absent)
    from {{ ref('fct_student_risk') }}
    group by source_system
    union all
    select
        source_system,
        'at_risk',
        count(*) filter (where risk_tier > 0),
        count(*),
        count(*)
    from {{ ref('fct_student_risk') }}
    group by source_system
    union all
    select
        source_system,
        'mean_score',
        sum(mean_score * graded_count),
        sum(graded_count),
        null
    from {{ ref('rpt_score_distribution') }}
    where subject = 'All subjects' and not is_suppressed
    group by source_system
    union all
    select
        source_system,
        'pass_rate',
        sum(passed_count),
        sum(graded_count),
        null
    from {{ ref('rpt_pass_rate') }}
    where grade_level = 'All grade levels' and not is_suppressed
    group by source_system
    union all
    select
        source_system,
        'gpa',
        sum(grade_points),
        count(grade_points),
        count(distinct student_key) filter (where grade_points is not null)
    from {{ ref('fct_grade__laurel') }}
    group by source_system
    union all
    select
        source_system,
        'exam_readiness',
        count(*) filter (where has_five_credits),
        count(has_five_credits),
        count(has_five_credits)
    from {{ ref('fct_assessment_result__laurel') }}
    group by source_system
    union all
    select
        source_system,
        'jamb_readiness',
        count(*) filter (where is_ready),
        count(is_ready),
        count(is_ready)
    from {{ ref('fct_assessment_result__laurel') }}
    group by source_system
    union all
    select
        source_system,
        'oulad_pass_rate',
        distinction_count + pass_count,
        enrollment_count,
        null
    from {{ ref('rpt_background_result') }}
    where attribute = 'age' and level = 'All students' and not is_suppressed
    union all
    select
        source_system,
        'oulad_withdrawal_rate',
        withdrawn_count,
        enrollment_count,
        null
    from {{ ref('rpt_background_result') }}
    where attribute = 'age' and level = 'All students' and not is_suppressed
    union all
    select
        source_system,
        'oulad_clicks_per_student',
        sum(click_count),
        sum(enrolled_count),
        null
    from {{ ref('rpt_engagement_week') }}
    where section_name = 'All presentations' and final_result = 'All results' and not is_suppressed
    group by source_system
    union all
    select
        source_system,
        'oulad_late_share',
        late_count,
        due_count,
        null
    from {{ ref('rpt_late_submission') }}
    where section_name = 'All presentations' and assessment_kind = 'All kinds' and not is_suppressed
    union all
    select
        source_system,
        'district_students',
        count(*),
        null,
        null
    from {{ ref('dim_student__district') }}
    where is_current and member_type = 'known'
    group by source_system
    union all
    select
        source_system,
        'district_teachers',
        count(*),
        null,
        null
    from {{ ref('dim_teacher__district') }}
    where is_current and member_type = 'known'
    group by source_system
    union all
    select
        source_system,
        'district_gpa',
        sum(grade_points * coalesce(credits, 1)),
        sum(coalesce(credits, 1)),
        count(distinct student_key)
    from {{ ref('fct_grade__district') }}
    where grade_points is not null
    group by source_system
    union all
    select
        source_system,
        'district_submission_rate',
        submitted_count,
        set_count,
        null
    from {{ ref('rpt_district_homework') }}
    where dimension = 'School' and member_name = 'All schools' and not is_suppressed
    union all
    select
        source_system,
        'district_parent_rate',
        seen_count,
        with_guardian_count,
        null
    from {{ ref('rpt_district_homework') }}
    where dimension = 'School' and member_name = 'All schools' and not is_suppressed and with_guardian_count > 0
    union all
    select
        source_system,
        'district_load_changes',
        sum(change_count),
        sum(enrolled_count),
        null
    from {{ ref('rpt_course_load_change') }}
    where school_name = 'All schools' and action_label = 'All' and not is_suppressed
    group by source_system
),

-- Totals over schools that people of one school may not see; a sum over terms is none of theirs where a term's is not.
total_over_schools as (
    select
        source_system,
        'district_students' as kpi_name,
        count(distinct school_key) < {{ threshold('schools_minimum', 'student.source_system') }} as is_of_few_schools
    from {{ ref('dim_student__district') }} as student
    where is_current and member_type = 'known'
    group by source_system
    union all
    select
        source_system,
        'district_teachers',
        count(distinct school_key) < {{ threshold('schools_minimum', 'teacher.source_system') }}
    from {{ ref('dim_teacher__district') }} as teacher
    where is_current and member_type = 'known'
    group by source_system
    union all
    select
        source_system,
        'district_gpa',
        count(distinct school_key) < {{ threshold('schools_minimum', 'grade.source_system') }}
    from {{ ref('fct_grade__district') }} as grade
    where grade_points is not null
    group by source_system
    union all
    select
        homework.source_system,
        kpi.kpi_name,
        homework.is_of_few_schools
    from {{ ref('rpt_district_homework') }} as homework
    cross join (values ('district_submission_rate'), ('district_parent_rate')) as kpi (kpi_name)
    where homework.dimension = 'School' and homework.member_name = 'All schools'
    union all
    select
        source_system,
        'district_load_changes',
        bool_or(is_of_few_schools)
    from {{ ref('rpt_course_load_change') }}
    where school_name = 'All schools' and action_label = 'All'
    group by source_system
),

decided as (
    select
        *,
        coalesce(student_count < {{ threshold('suppression_minimum', 'measured.source_system') }}, false)
            as is_suppressed
    from measured
)

select
    decided.source_system,
    decided.kpi_name,
    kpi.kpi_label,
    kpi.unit,
    kpi.kpi_order,
    case
        when decided.is_suppressed then null
        when kpi.unit = 'count' then decided.numerator
        else decided.numerator / nullif(decided.denominator, 0)
    end as kpi_value,
    case when not decided.is_suppressed then decided.numerator end as numerator,
    case when not decided.is_suppressed then decided.denominator end as denominator,
    decided.is_suppressed,
    coalesce(total_over_schools.is_of_few_schools, false) as is_of_few_schools
from decided
inner join {{ ref('kpi') }} as kpi on decided.kpi_name = kpi.kpi_name
left join total_over_schools
    on decided.source_system = total_over_schools.source_system and decided.kpi_name = total_over_schools.kpi_name
