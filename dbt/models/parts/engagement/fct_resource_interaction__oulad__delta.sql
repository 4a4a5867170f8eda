{{ config(
    schema='build_delta',
    alias='fct_resource_interaction__oulad',
    indexes=[{'columns': ['submission_id']}],
    pre_hook="set local work_mem = '256MB'; set local enable_sort = off; set local enable_nestloop = off",
) }}

-- Rows that are alike in every column are clicks of their own: they are summed, never dropped.
select
    student.student_key,
    resource.resource_key,
    (any_value(resource.start_date) + raw_row.date) as date_day,
    any_value(resource.section_key) as section_key,
    'oulad' as source_system,
    raw_row.date as presentation_day,
    sum(raw_row.sum_click)::integer as click_count,
    count(*)::integer as line_count,
    raw_row._submission_id as submission_id,
    min(raw_row._line_number) as line_number
from {{ source('oulad', 'student_vle') }} as raw_row
inner join {{ ref('int_oulad__student_activity__delta') }} as student
    on
        raw_row._submission_id = student.submission_id
        and raw_row.code_module = student.code_module
        and raw_row.code_presentation = student.code_presentation
        and raw_row.id_student = student.id_student
inner join {{ ref('int_oulad__resource_activity__delta') }} as resource
    on
        raw_row._submission_id = resource.submission_id
        and raw_row.code_module = resource.code_module
        and raw_row.code_presentation = resource.code_presentation
        and raw_row.id_site = resource.id_site
where {{ is_of_new_submission('oulad/student_vle') }}
group by raw_row._submission_id, student.student_key, resource.resource_key, raw_row.date
