{{ config(schema='build_private', indexes=[{'columns': ['student_key'], 'unique': true}]) }}

select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    source_system,
    student_id,
    first_name,
    last_name,
    birth_date,
    email,
    home_address,
    disorder,
    _submission_id as submission_id,
    _line_number as line_number
from {{ ref('stg_laurel__students') }}
union all
select
    {{ surrogate_key(['source_system', 'user_id']) }} as student_key,
    source_system,
    user_id as student_id,
    first_name,
    last_name,
    birth_date,
    email,
    null as home_address,
    null as disorder,
    _submission_id as submission_id,
    _line_number as line_number
from {{ ref('stg_district__users') }}
where role = 'student'
