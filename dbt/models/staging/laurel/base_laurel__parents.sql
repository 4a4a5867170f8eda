with source as (
    {{ submission_rows(source('laurel', 'parents')) }}
),

renamed as (
    select
        -- ids
        'laurel' as source_system,
        {{ tidy('parent_id') }} as parent_id,
        {{ tidy('student_id') }} as student_id,
        {{ tidy('lasrra_id') }} as lasrra_id,

        -- text
        {{ tidy('title') }} as title,
        {{ tidy('first_name') }} as first_name,
        {{ tidy('last_name') }} as last_name,
        {{ tidy('email') }} as email,
        {{ tidy('phone_number') }} as phone_number,
        {{ tidy('home_address') }} as home_address,
        {{ tidy('gender') }} as gender,
        {{ tidy('state_of_origin') }} as state_of_origin,
        {{ tidy('lga_of_residence') }} as lga_of_residence,
        {{ tidy('occupation') }} as occupation,
        {{ tidy('financial_status') }} as financial_status,
        {{ tidy('education_level') }} as education_level,
        {{ tidy('school_engagement') }} as school_engagement,

        -- numbers
        age as age_years,

        -- dates
        date_of_birth as birth_date,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
)

{{ first_rows('renamed', ['parent_id', 'student_id']) }}
