{{ config(indexes=[{'columns': ['course_key'], 'unique': true}]) }}

select distinct
    course_key,
    source_system,
    module_code as course_name,
    null::boolean as is_core,
    null::text as subject,
    module_code as course_code
from {{ ref('dim_course_section__oulad') }}
