{{ config(indexes=[
    {'columns': ['student_key', 'course_key', 'session_key'], 'unique': true},
    {'columns': ['section_key']},
    {'columns': ['teacher_key']},
]) }}

with placed as (
    select
        grade.*,
        section.course_key,
        section.session_key,
        section.teacher_key,
        section.school_key,
        section.credits
    from {{ ref('stg_district__grades') }} as grade
    inner join {{ ref('int_district__section') }} as section on grade.section_key = section.section_key
),

-- Who was given two grades for one course in one session has the one changed last.
final as (
    select distinct on (student_key, course_key, session_key) *
    from placed
    order by student_key, course_key, session_key, updated_at desc, _submission_id desc, grade_id
),

scale as ({{ score_bands(ref('letter_scale')) }}),

lettered as (
    select
        final.*,
        coalesce(final.letter_grade, scale.letter_grade) as final_letter
    from final
    left join scale
        on
            final.source_system = scale.source_system
            and final.score >= scale.minimum_score
            and (final.score < scale.below_score or scale.below_score is null)
)

select
    lettered.student_key,
    lettered.course_key,
    lettered.session_key,
    lettered.teacher_key,
    lettered.source_system,
    null::numeric as test_score,
    null::numeric as exam_score,
    lettered.score as total_score,
    lettered.score as reported_total_score,
    letter_scale.grade_points >= {{ threshold('pass_points', 'lettered.source_system') }} as is_passed,
    lettered.final_letter as letter_grade,
    letter_scale.grade_points,
    null::text as wassce_grade,
    null::boolean as is_credit,
    lettered._submission_id as submission_id,
    lettered._line_number as line_number,
    lettered.section_key,
    lettered.school_key,
    lettered.credits
from lettered
left join {{ ref('letter_scale') }} as letter_scale
    on lettered.source_system = letter_scale.source_system and lettered.final_letter = letter_scale.letter_grade
