{{ config(indexes=[{'columns': ['session_key'], 'unique': true}]) }}

with taught as (
    select distinct
        session_key,
        source_system,
        grade_level,
        term
    from {{ ref('stg_laurel__academic_history') }}
)

select
    taught.session_key,
    taught.source_system,
    taught.grade_level || ' ' || taught.term as session_name,
    taught.grade_level,
    grade_level.grade_level_order,
    grade_level.school_stage,
    taught.term,
    term.term_order,
    case
        when term.term_order is not null
            then row_number() over (
                partition by taught.source_system, term.term_order is null
                order by grade_level.grade_level_order, term.term_order
            )
    end::integer as session_order,
    null::text as presentation_code,
    null::date as start_date,
    null::text as school_year
from taught
left join {{ ref('grade_level') }} as grade_level
    on taught.source_system = grade_level.source_system and taught.grade_level = grade_level.grade_level
left join {{ ref('term') }} as term
    on taught.source_system = term.source_system and taught.term = term.term
