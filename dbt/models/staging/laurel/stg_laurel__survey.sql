with source as (
    {{ submission_rows(source('laurel', 'survey')) }}
),

renamed as (
    select
        -- ids
        'laurel' as source_system,
        {{ surrogate_key(["'laurel'::text", '_submission_id', '_line_number']) }} as respondent_key,

        -- text
        {{ tidy('gender') }} as gender,
        {{ tidy('state_of_origin') }} as state_of_origin,
        {{ tidy('geopolitical_zone') }} as geopolitical_zone,
        {{ tidy('school_type') }} as school_type,
        {{ tidy('school_lga') }} as school_lga,
        {{ tidy('school_living_arrangement') }} as school_living_arrangement,
        {{ tidy('digital_methods_in_school') }} as digital_methods_in_school,
        {{ tidy('weekly_reading_hours') }} as weekly_reading_hours,
        {{ tidy('has_mentor') }} as has_mentor,
        {{ tidy('parents_occupation') }} as parents_occupation,
        {{ tidy('financial_status') }} as financial_status,
        {{ tidy('future_ambition') }} as future_ambition,
        {{ tidy('digital_literacy') }} as digital_literacy,
        {{ tidy('extracurricular_activities') }} as extracurricular_activities,
        {{ tidy('has_library') }} as has_library,
        {{ tidy('library_visit') }} as library_visit,
        {{ tidy('academic_stream') }} as academic_stream,
        {{ tidy('attendance_rate') }} as attendance_rate,
        {{ tidy('study_habits') }} as study_habits,
        {{ tidy('behavioral_condition') }} as behavioral_condition,
        {{ tidy('learning_environment') }} as learning_environment,
        {{ tidy('has_private_tutor') }} as has_private_tutor,
        {{ tidy('has_online_learning') }} as has_online_learning,
        {{ tidy('has_supportive_home') }} as has_supportive_home,
        {{ tidy('parental_engagement') }} as parental_engagement,
        {{ tidy('has_qualified_teachers') }} as has_qualified_teachers,
        {{ tidy('has_exam_anxiety') }} as has_exam_anxiety,
        {{ tidy('understands_english') }} as understands_english,
        {{ tidy('has_practice_exams') }} as has_practice_exams,
        {{ tidy('has_five_core_credits') }} as has_five_core_credits,

        -- numbers
        past_jamb_score,

        -- provenance
        _submission_id,
        _line_number,
        _received_at
    from source
)

select * from renamed
