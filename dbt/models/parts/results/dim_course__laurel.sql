{{ config(indexes=[{'columns': ['course_key'], 'unique': true}]) }}

with taught as (
    select distinct
        course_key,
        source_system,
        subject
    from {{ ref('stg_laurel__academic_history') }}
)

select
    taught.course_key,
    taught.source_system,
    taught.subject as course_name,
    core_subject.subject is not null as is_core,
    taught.subject,
    null::text as course_code
from taught
left join {{ ref('core_subject') }} as core_subject
    on taught.source_system = core_subject.source_system and taught.subject = core_subject.subject
