{{ config(indexes=[{'columns': ['section_key'], 'unique': true}, {'columns': ['school_key']}]) }}

select
    section_key,
    course_key,
    session_key,
    source_system,
    course_name || coalesce(' ' || school_year || ' ' || term, '') as section_name,
    null::text as module_code,
    null::text as presentation_code,
    member_type,
    starts_on as start_date,
    ends_on - starts_on + 1 as length_days,
    ends_on + 1 as end_date,
    submission_id,
    line_number,
    course_id as section_id,
    school_key,
    teacher_key,
    grade_level,
    credits,
    capacity
from {{ ref('int_district__section') }}
