{{ config(indexes=[{'columns': ['school_key'], 'unique': true}]) }}

{% set attributes = ['school_name', 'school_kind', 'lga', 'capacity'] %}

with statement as (
    {{ submission_rows(source('district', 'schools')) }}
),

told as (
    select distinct on (current_school.school_id, statement.updated_at)
        current_school.source_system,
        current_school.school_id,
        {{ tidy('statement.school_name') }} as school_name,
        {{ tidy('statement.school_kind') }} as school_kind,
        {{ tidy('statement.lga') }} as lga,
        statement.capacity,
        statement.updated_at,
        statement._submission_id,
        statement._line_number
    from statement
    inner join {{ ref('stg_district__schools') }} as current_school
        on {{ tidy('statement.school_id') }} = current_school.school_id
    where statement.is_active
    order by current_school.school_id, statement.updated_at, statement._submission_id desc, statement._line_number
),

{{ versions_by_update('told', 'school_id', 'school_key', attributes) }},

mentioned as (
    select
        source_system,
        school_id,
        _received_at
    from {{ ref('stg_district__users') }}
    where school_id is not null
    union all
    select
        source_system,
        school_id,
        _received_at
    from {{ ref('stg_district__courses') }}
),

inferred as (
    select
        mentioned.source_system,
        mentioned.school_id,
        min(mentioned._received_at) as valid_from
    from mentioned
    left join versions on mentioned.school_id = versions.school_id
    where versions.school_id is null
    group by mentioned.source_system, mentioned.school_id
),

listed as (
    select
        school_key,
        source_system,
        school_id,
        'known' as member_type,
        school_name,
        school_kind,
        lga,
        capacity,
        valid_from,
        valid_to,
        is_current,
        submission_id,
        line_number
    from versions
    union all
    select
        {{ surrogate_key(['source_system', 'school_id']) }} as school_key,
        source_system,
        school_id,
        'inferred' as member_type,
        school_id as school_name,
        null as school_kind,
        null as lga,
        null as capacity,
        valid_from,
        null as valid_to,
        true as is_current,
        null as submission_id,
        null as line_number
    from inferred
)

select
    *,
    case
        when
            is_current and (
                school_name = 'All schools'
                or count(*) filter (where is_current) over (partition by school_name) > 1
            )
            then school_name || ' (' || school_id || ')'
        else school_name
    end as school_label
from listed
