{{ config(indexes=[{'columns': ['school_key'], 'unique': true}]) }}

select
    {{ laurel_school_key() }} as school_key,
    source_system,
    school_id,
    'known' as member_type,
    school_name,
    null::text as school_kind,
    null::text as lga,
    null::integer as capacity,
    null::timestamptz as valid_from,
    null::timestamptz as valid_to,
    true as is_current,
    null::integer as submission_id,
    null::integer as line_number,
    school_name as school_label
from {{ ref('school') }}
