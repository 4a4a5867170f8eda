{{ config(indexes=[
    {'columns': ['student_key', 'course_key', 'session_key'], 'unique': true},
    {'columns': ['session_key']},
]) }}

with history as (
    select
        *,
        attendance_pct / 100 as attendance_rate
    from {{ ref('stg_laurel__academic_history') }}
    where attendance_pct is not null
)

select
    history.student_key,
    history.course_key,
    history.session_key,
    history.source_system,
    history.attendance_rate,
    attendance_band.attendance_band,
    history._submission_id as submission_id,
    history._line_number as line_number
from history
left join {{ ref('attendance_band') }} as attendance_band
    on history.source_system = attendance_band.source_system and {{ in_attendance_band('history.attendance_rate') }}
