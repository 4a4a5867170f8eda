{#
    The new clicks of each student, or of each resource, in a presentation: one row per submission, presentation and `id`.

    `key` is its key among the dimensions, made from `key_columns`. The cells stay as the file has them while rows are
    grouped: a fact finds its keys here, and makes each of them once.
#}
{% macro clicks_of(id, key, key_columns) -%}
with clicked as (
    select
        _submission_id as submission_id,
        code_module,
        code_presentation,
        {{ id }},
        sum(sum_click) as click_count,
        count(*) as line_count,
        min(date) as first_day,
        max(date) as last_day
    from {{ source('oulad', 'student_vle') }}
    where {{ is_of_new_submission('oulad/student_vle') }}
    group by _submission_id, code_module, code_presentation, {{ id }}
)

select
    {{ surrogate_key(key_columns) }} as {{ key }},
    {{ surrogate_key(["'oulad'::text", tidy('code_module'), tidy('code_presentation')]) }} as section_key,
    'oulad' as source_system,
    code_module,
    code_presentation,
    {{ id }},
    {{ presentation_start('code_presentation') }} as start_date,
    click_count,
    line_count,
    first_day,
    last_day,
    submission_id
from clicked
{%- endmacro %}
