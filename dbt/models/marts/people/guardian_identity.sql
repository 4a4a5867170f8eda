{{ config(schema='build_private', indexes=[{'columns': ['guardian_key'], 'unique': true}]) }}

with newest as (
    select
        *,
        max(_submission_id) over (partition by source_system, guardian_id) as newest_submission_id
    from {{ ref('int_guardian_attribute') }}
)

select
    {{ surrogate_key(['source_system', 'guardian_id']) }} as guardian_key,
    source_system,
    guardian_id,
    {{ guardian_attribute('lasrra_id') }} as lasrra_id,
    {{ guardian_attribute('first_name') }} as first_name,
    {{ guardian_attribute('last_name') }} as last_name,
    ({{ guardian_attribute('birth_date') }})::date as birth_date,
    {{ guardian_attribute('email') }} as email,
    {{ guardian_attribute('phone_number') }} as phone_number,
    {{ guardian_attribute('home_address') }} as home_address,
    _submission_id as submission_id
from newest
where _submission_id = newest_submission_id
group by source_system, guardian_id, _submission_id
union all
select
    {{ surrogate_key(['source_system', 'user_id']) }} as guardian_key,
    source_system,
    user_id as guardian_id,
    null as lasrra_id,
    first_name,
    last_name,
    birth_date,
    email,
    null as phone_number,
    null as home_address,
    _submission_id as submission_id
from {{ ref('stg_district__users') }}
where role = 'parent'
