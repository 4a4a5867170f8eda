{{ config(indexes=[{'columns': ['resource_key'], 'unique': true}, {'columns': ['section_key']}]) }}

with described as (
    select * from {{ ref('stg_district__contents') }}
),

-- Known by number only: somebody opened a content that no live file describes.
inferred as (
    select distinct
        access.resource_key,
        access.source_system,
        access.content_id
    from {{ ref('stg_district__accesses') }} as access
    left join described on access.resource_key = described.resource_key
    where described.resource_key is null
)

select
    resource_key,
    section_key,
    source_system,
    content_id as resource_id,
    'known' as member_type,
    content_kind as activity_type,
    course_week as week_from,
    course_week as week_to,
    _submission_id as submission_id,
    _line_number as line_number,
    content_title as resource_name
from described
union all
select
    resource_key,
    null as section_key,
    source_system,
    content_id as resource_id,
    'inferred' as member_type,
    null as activity_type,
    null as week_from,
    null as week_to,
    null as submission_id,
    null as line_number,
    null as resource_name
from inferred
