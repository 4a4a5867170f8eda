{{ config(
    schema='build_delta',
    alias='int_oulad__student_week',
    indexes=[{'columns': ['submission_id']}],
    pre_hook="set local work_mem = '128MB'; set local enable_sort = off",
) }}

select
    student_key,
    section_key,
    {{ presentation_week('presentation_day') }} as presentation_week,
    source_system,
    sum(click_count)::integer as click_count,
    -- One bit per day: two files' days can be united, where two counts of days could not.
    bit_or(1 << (presentation_day - 7 * {{ presentation_week('presentation_day') }}))::smallint as active_days,
    submission_id
from {{ ref('fct_resource_interaction__oulad__delta') }}
group by submission_id, student_key, section_key, presentation_week, source_system
