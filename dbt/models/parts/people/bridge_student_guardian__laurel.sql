{{ config(indexes=[
    {'columns': ['student_key', 'guardian_key'], 'unique': true},
    {'columns': ['guardian_key']},
]) }}

select
    {{ surrogate_key(['source_system', 'student_id']) }} as student_key,
    {{ surrogate_key(['source_system', 'parent_id']) }} as guardian_key,
    source_system,
    _submission_id as submission_id,
    _line_number as line_number
from {{ ref('stg_laurel__parents') }}
