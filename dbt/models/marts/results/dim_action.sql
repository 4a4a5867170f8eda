{{ config(indexes=[{'columns': ['action_key'], 'unique': true}]) }}

select
    {{ surrogate_key(['source_system', 'action_name']) }} as action_key,
    source_system,
    action_name,
    action_label,
    action_order,
    load_change
from {{ ref('course_load_action') }}
