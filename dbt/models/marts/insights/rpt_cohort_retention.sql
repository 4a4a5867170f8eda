with cohort as (
    select * from {{ ref('int_oulad__cohort') }}
),

-- Who left before the start is gone on day 0. Whoever unregisters after the end has stayed to it.
departed as (
    select
        enrollment.section_key,
        greatest(enrollment.unregistered_day, 0) as presentation_day,
        count(*) as departed_count
    from {{ ref('fct_enrollment__oulad') }} as enrollment
    inner join cohort on enrollment.section_key = cohort.section_key
    where enrollment.unregistered_day <= cohort.last_day
    group by enrollment.section_key, greatest(enrollment.unregistered_day, 0)
),

-- To the end of the longest presentation: in the total, one that is over keeps the state of its last day.
daily as (
    select
        cohort.*,
        day.presentation_day,
        sum(coalesce(departed.departed_count, 0))
            over (partition by cohort.section_key order by day.presentation_day) as withdrawn_count
    from cohort
    cross join generate_series(0, (select max(longest.last_day) from cohort as longest)) as day (presentation_day)
    left join departed
        on cohort.section_key = departed.section_key and day.presentation_day = departed.presentation_day
),

counted as (
    select
        source_system,
        section_name,
        presentation_day,
        enrolled_count,
        withdrawn_count,
        is_suppressed
    from daily
    where presentation_day <= last_day
    union all
    -- Of everybody, unless those who are hidden are too few together.
    select
        source_system,
        'All presentations' as section_name,
        presentation_day,
        sum(enrolled_count) as enrolled_count,
        sum(withdrawn_count) as withdrawn_count,
        coalesce(sum(enrolled_count) filter (where is_suppressed) < max(minimum_count), false) as is_suppressed
    from daily
    group by source_system, presentation_day
)

select
    source_system,
    section_name,
    presentation_day,
    case when not is_suppressed then enrolled_count end::integer as enrolled_count,
    case when not is_suppressed then withdrawn_count end::integer as withdrawn_count,
    case when not is_suppressed then enrolled_count - withdrawn_count end::integer as retained_count,
    case when not is_suppressed then 1 - withdrawn_count::double precision / enrolled_count end as retention_rate,
    is_suppressed
from counted
