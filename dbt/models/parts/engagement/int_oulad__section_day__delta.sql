{{ config(
    schema='build_delta',
    alias='int_oulad__section_day',
    indexes=[{'columns': ['submission_id']}],
    pre_hook='set local enable_sort = off',
) }}

select
    section_key,
    date_day,
    source_system,
    presentation_day,
    sum(click_count) as click_count,
    sum(line_count) as line_count,
    count(*)::integer as interaction_count,
    submission_id
from {{ ref('fct_resource_interaction__oulad__delta') }}
group by submission_id, section_key, source_system, date_day, presentation_day
