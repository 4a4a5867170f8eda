-- Narrow enough to show a shape, and in step with the bands: 80%, 90% and 95% are ends of bins.
{% set bin_width = 0.025 %}

with student as (
    select
        source_system,
        population,
        mean_score,
        -- above one end, up to and including the other, as the bands are
        greatest(ceil(round(attendance_pct::numeric, 6) / 100 / {{ bin_width }}) - 1, 0) * {{ bin_width }} as above_rate
    from {{ ref('int_student_result') }}
    where attendance_pct is not null
),

binned as (
    select
        source_system,
        population,
        above_rate::numeric(4, 3) as from_rate,
        (above_rate + {{ bin_width }})::numeric(4, 3) as to_rate,
        count(*) as student_count,
        avg(mean_score) as mean_score,
        stddev_samp(mean_score) / sqrt(count(*)) as standard_error,
        {{ threshold('suppression_minimum', 'student.source_system') }} as minimum_count,
        false as is_margin -- it is the slope's number of students, in rpt_factor_association
    from student
    group by source_system, population, above_rate
),

sized as (
    select
        *,
        student_count < minimum_count as is_small
    from binned
),

decided as (
    select
        *,
        {{ is_withheld(within='source_system, population', cell='from_rate', disjoint=true) }} as is_suppressed
    from sized
)

select
    decided.source_system,
    decided.population as grade_level,
    decided.from_rate,
    decided.to_rate,
    attendance_band.attendance_band,
    case when not is_suppressed then student_count end::integer as student_count,
    case when not is_suppressed then mean_score end as mean_score,
    case when not is_suppressed then mean_score - standard_error * {{ student_t_95('(student_count - 1)') }} end
        as mean_score_low,
    case when not is_suppressed then mean_score + standard_error * {{ student_t_95('(student_count - 1)') }} end
        as mean_score_high,
    is_suppressed
from decided
left join {{ ref('attendance_band') }} as attendance_band
    on
        decided.source_system = attendance_band.source_system
        and {{ in_attendance_band('decided.to_rate') }}
