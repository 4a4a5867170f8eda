{{ config(indexes=[{'columns': ['student_key', 'activity'], 'unique': true}]) }}

with listed as (
    select
        {{ surrogate_key(['students.source_system', 'students.student_id']) }} as student_key,
        students.source_system,
        {{ tidy('activity') }} as activity,
        students._submission_id,
        students._line_number
    from {{ ref('stg_laurel__students') }} as students
    cross join lateral unnest(string_to_array(students.extracurricular_activities, ',')) as activity
)

select distinct
    student_key,
    activity,
    source_system,
    _submission_id as submission_id,
    _line_number as line_number
from listed
where activity is not null and lower(activity) <> 'none'
