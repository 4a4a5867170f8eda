{{ config(indexes=[{'columns': ['session_key'], 'unique': true}]) }}

with held as (
    select
        session_key,
        source_system,
        school_year,
        term,
        min(starts_on) as start_date
    from {{ ref('int_district__section') }}
    group by session_key, source_system, school_year, term
)

select
    held.session_key,
    held.source_system,
    coalesce(held.school_year || ' ' || held.term, 'Unknown session') as session_name,
    null::text as grade_level,
    null::integer as grade_level_order,
    null::text as school_stage,
    held.term,
    term.term_order,
    case
        when term.term_order is not null
            then row_number() over (
                partition by held.source_system, term.term_order is null order by held.school_year, term.term_order
            )
    end::integer as session_order,
    null::text as presentation_code,
    held.start_date,
    held.school_year
from held
left join {{ ref('term') }} as term on held.source_system = term.source_system and held.term = term.term
