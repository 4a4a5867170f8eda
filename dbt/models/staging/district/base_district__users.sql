with source as (
    {{ submission_rows(source('district', 'users')) }}
),

renamed as (
    select
        -- ids
        'district' as source_system,
        {{ tidy('user_id') }} as user_id,
        {{ tidy('school_id') }} as school_id,
        {{ tidy('parent_id') }} as parent_id,

        -- text
        {{ tidy('role') }} as role,
        {{ tidy('first_name') }} as first_name,
        {{ tidy('last_name') }} as last_name,
        {{ tidy('email') }} as email,
        {{ tidy('gender') }} as gender,
        {{ tidy('grade_level') }} as grade_level,

        -- dates
        birth_date,
        created_at,
        updated_at,

        -- the rest
        is_active,
        metadata,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
)

-- Every statement about a person; of those with one time of change the newest file's.
select distinct on (user_id, updated_at) *
from renamed
order by user_id, updated_at, _submission_id desc, _line_number
