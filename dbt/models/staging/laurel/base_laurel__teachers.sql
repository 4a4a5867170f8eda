with source as (
    {{ submission_rows(source('laurel', 'teachers')) }}
),

renamed as (
    select
        -- ids
        'laurel' as source_system,
        {{ tidy('teacher_id') }} as teacher_id,
        {{ tidy('lasrra_id') }} as lasrra_id,

        -- text
        {{ tidy('first_name') }} as first_name,
        {{ tidy('last_name') }} as last_name,
        {{ tidy('email') }} as email,
        {{ tidy('phone_number') }} as phone_number,
        {{ tidy('home_address') }} as home_address,
        {{ tidy('gender') }} as gender,
        {{ tidy('state_of_origin') }} as state_of_origin,
        {{ tidy('lga_of_residence') }} as lga_of_residence,
        {{ tidy('residence_type') }} as residence_type,
        {{ tidy('qualification') }} as qualification,
        {{ tidy('digital_literacy') }} as digital_literacy,
        {{ tidy('teaching_level') }} as teaching_level,
        {{ tidy('subject_specialization') }} as subject_specialization,

        -- numbers
        age as age_years,
        years_of_experience as experience_years,
        salary_naira,

        -- dates
        date_of_birth as birth_date,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
)

{{ first_rows('renamed', ['teacher_id']) }}
