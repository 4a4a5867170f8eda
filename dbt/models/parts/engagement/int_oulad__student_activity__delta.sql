{{ config(
    schema='build_delta',
    alias='int_oulad__student_activity',
    indexes=[{'columns': ['submission_id']}],
    pre_hook="set local work_mem = '128MB'; set local enable_sort = off",
) }}

-- The cells as the file has them: the fact finds its keys here, and makes each of them once.
with clicked as (
    select
        _submission_id as submission_id,
        code_module,
        code_presentation,
        id_student,
        sum(sum_click) as click_count,
        count(*) as line_count,
        min(date) as first_day,
        max(date) as last_day
    from {{ source('oulad', 'student_vle') }}
    where {{ is_of_new_submission('oulad/student_vle') }}
    group by _submission_id, code_module, code_presentation, id_student
)

select
    {{ surrogate_key(["'oulad'::text", tidy('id_student')]) }} as student_key,
    {{ surrogate_key(["'oulad'::text", tidy('code_module'), tidy('code_presentation')]) }} as section_key,
    'oulad' as source_system,
    code_module,
    code_presentation,
    id_student,
    {{ presentation_start('code_presentation') }} as start_date,
    click_count,
    line_count,
    first_day,
    last_day,
    submission_id
from clicked
