{{ config(indexes=[{'columns': ['course_key'], 'unique': true}]) }}

-- What a course is called is what the course changed last calls it.
select distinct on (course_key)
    course_key,
    source_system,
    course_name,
    null::boolean as is_core,
    subject,
    course_code
from {{ ref('int_district__section') }}
order by course_key, known_from desc, course_id
