{{ config(indexes=[{'columns': ['session_key'], 'unique': true}]) }}

with presented as (
    select distinct
        session_key,
        source_system,
        presentation_code,
        start_date
    from {{ ref('dim_course_section__oulad') }}
)

select
    session_key,
    source_system,
    to_char(start_date, 'FMMonth YYYY') as session_name,
    null::text as grade_level,
    null::integer as grade_level_order,
    null::text as school_stage,
    null::text as term,
    null::integer as term_order,
    row_number() over (partition by source_system order by start_date)::integer as session_order,
    presentation_code,
    start_date,
    null::text as school_year
from presented
