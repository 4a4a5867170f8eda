with source as (
    {{ submission_rows(source('laurel', 'students')) }}
),

renamed as (
    select
        -- ids
        'laurel' as source_system,
        {{ tidy('student_id') }} as student_id,

        -- text
        {{ tidy('first_name') }} as first_name,
        {{ tidy('last_name') }} as last_name,
        {{ tidy('email') }} as email,
        {{ tidy('home_address') }} as home_address,
        {{ tidy('gender') }} as gender,
        {{ tidy('health_status') }} as health_status,
        {{ tidy('disorder') }} as disorder,
        {{ tidy('state_of_origin') }} as state_of_origin,
        {{ tidy('lga_of_residence') }} as lga_of_residence,
        {{ tidy('living_arrangement') }} as living_arrangement,
        {{ tidy('grade_level') }} as grade_level,
        {{ tidy('stream') }} as stream,
        {{ tidy('extracurricular_activities') }} as extracurricular_activities,

        -- numbers
        age as age_years,

        -- dates
        date_of_birth as birth_date,
        admission_date,
        graduation_date,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
)

{{ first_rows('renamed', ['student_id']) }}
