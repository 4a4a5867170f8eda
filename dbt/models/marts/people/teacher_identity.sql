{{ config(schema='build_private', indexes=[{'columns': ['teacher_key'], 'unique': true}]) }}

select
    {{ surrogate_key(['source_system', 'teacher_id']) }} as teacher_key,
    source_system,
    teacher_id,
    lasrra_id,
    first_name,
    last_name,
    birth_date,
    email,
    phone_number,
    home_address,
    salary_naira,
    _submission_id as submission_id,
    _line_number as line_number
from {{ ref('stg_laurel__teachers') }}
union all
select
    {{ surrogate_key(['source_system', 'user_id']) }} as teacher_key,
    source_system,
    user_id as teacher_id,
    null as lasrra_id,
    first_name,
    last_name,
    birth_date,
    email,
    null as phone_number,
    null as home_address,
    null as salary_naira,
    _submission_id as submission_id,
    _line_number as line_number
from {{ ref('stg_district__users') }}
where role = 'teacher'
