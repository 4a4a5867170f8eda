{{ config(
    schema='build_delta',
    alias='int_oulad__resource_activity',
    indexes=[{'columns': ['submission_id']}],
    pre_hook="set local work_mem = '128MB'; set local enable_sort = off",
) }}

{{ clicks_of('id_site', 'resource_key', [
    "'oulad'::text", tidy('code_module'), tidy('code_presentation'), tidy('id_site'),
]) }}
