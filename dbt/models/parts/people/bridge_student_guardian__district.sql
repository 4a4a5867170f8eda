{{ config(indexes=[
    {'columns': ['student_key', 'guardian_key'], 'unique': true},
    {'columns': ['guardian_key']},
]) }}

select
    {{ surrogate_key(['student.source_system', 'student.user_id']) }} as student_key,
    {{ surrogate_key(['parent.source_system', 'parent.user_id']) }} as guardian_key,
    student.source_system,
    student._submission_id as submission_id,
    student._line_number as line_number
from {{ ref('stg_district__users') }} as student
inner join {{ ref('stg_district__users') }} as parent on student.parent_id = parent.user_id and parent.role = 'parent'
where student.role = 'student'
