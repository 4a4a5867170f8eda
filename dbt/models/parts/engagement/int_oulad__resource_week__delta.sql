{{ config(
    schema='build_delta',
    alias='int_oulad__resource_week',
    indexes=[{'columns': ['submission_id']}],
    pre_hook="set local work_mem = '128MB'; set local enable_sort = off",
) }}

select
    resource_key,
    section_key,
    {{ presentation_week('presentation_day') }} as presentation_week,
    source_system,
    sum(click_count)::integer as click_count,
    count(*)::integer as interaction_count,
    submission_id
from {{ ref('fct_resource_interaction__oulad__delta') }}
group by submission_id, resource_key, section_key, presentation_week, source_system
