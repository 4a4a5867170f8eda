with cohort as (
    select
        *,
        {{ presentation_week('last_day') }} as last_week
    from {{ ref('int_oulad__cohort') }}
),

-- Week -1 is all the time before the start; who unregisters after the end is counted in the last week.
departure as (
    select
        enrollment.section_key,
        least(
            greatest({{ presentation_week('enrollment.unregistered_day') }}, -1), cohort.last_week
        ) as presentation_week
    from {{ ref('fct_enrollment__oulad') }} as enrollment
    inner join cohort on enrollment.section_key = cohort.section_key
    where enrollment.unregistered_day is not null
),

departed as (
    select
        section_key,
        presentation_week,
        count(*) as departed_count
    from departure
    group by section_key, presentation_week
),

weekly as (
    select
        cohort.source_system,
        cohort.section_name,
        cohort.is_suppressed,
        cohort.minimum_count,
        week.presentation_week,
        cohort.enrolled_count,
        coalesce(departed.departed_count, 0) as withdrawn_count,
        sum(coalesce(departed.departed_count, 0))
            over (partition by cohort.section_key order by week.presentation_week) as gone_count
    from cohort
    cross join lateral generate_series(-1, cohort.last_week) as week (presentation_week)
    left join departed
        on cohort.section_key = departed.section_key and week.presentation_week = departed.presentation_week
),

counted as (
    select
        source_system,
        section_name,
        presentation_week,
        enrolled_count - gone_count + withdrawn_count as registered_count,
        withdrawn_count,
        is_suppressed
    from weekly
    union all
    -- Of everybody, unless those who are hidden are too few together.
    select
        source_system,
        'All presentations' as section_name,
        presentation_week,
        sum(enrolled_count - gone_count + withdrawn_count) as registered_count,
        sum(withdrawn_count) as withdrawn_count,
        coalesce(sum(enrolled_count) filter (where is_suppressed) < max(minimum_count), false) as is_suppressed
    from weekly
    group by source_system, presentation_week
)

select
    source_system,
    section_name,
    presentation_week,
    case when not is_suppressed then registered_count end::integer as registered_count,
    case when not is_suppressed then withdrawn_count end::integer as withdrawn_count,
    case when not is_suppressed then withdrawn_count::double precision / nullif(registered_count, 0) end
        as withdrawal_rate,
    is_suppressed
from counted
