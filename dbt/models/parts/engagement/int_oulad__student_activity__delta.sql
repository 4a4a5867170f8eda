{{ config(
    schema='build_delta',
    alias='int_oulad__student_activity',
    indexes=[{'columns': ['submission_id']}],
    pre_hook="set local work_mem = '128MB'; set local enable_sort = off",
) }}

{{ clicks_of('id_student', 'student_key', ["'oulad'::text", tidy('id_student')]) }}
