{{ config(indexes=[{'columns': ['resource_key'], 'unique': true}, {'columns': ['section_key']}]) }}

with described as (
    select * from {{ ref('stg_oulad__vle') }}
),

-- Known by number only: somebody clicked a site that no live file describes.
inferred as (
    select distinct
        activity.resource_key,
        activity.section_key,
        activity.source_system,
        {{ tidy('activity.id_site') }} as resource_id
    from {{ ref('int_oulad__resource_activity') }} as activity
    left join described on activity.resource_key = described.resource_key
    where described.resource_key is null
)

select
    resource_key,
    section_key,
    source_system,
    resource_id,
    'known' as member_type,
    activity_type,
    week_from,
    week_to,
    _submission_id as submission_id,
    _line_number as line_number,
    null::text as resource_name
from described
union all
select
    resource_key,
    section_key,
    source_system,
    resource_id,
    'inferred' as member_type,
    null as activity_type,
    null as week_from,
    null as week_to,
    null as submission_id,
    null as line_number,
    null as resource_name
from inferred
