-- Clicks and lines of each new submission are the same in raw, in the fact and in each of its sums.
{{ config(tags=['integrity']) }}

with read as (
    select
        _submission_id as submission_id,
        sum(sum_click) as click_count,
        count(*) as line_count
    from {{ source('oulad', 'student_vle') }}
    where {{ is_of_new_submission('oulad/student_vle') }}
    group by _submission_id
),

counted as (
    {% for model in ['fct_resource_interaction__oulad', 'int_oulad__student_activity', 'int_oulad__resource_activity',
                     'int_oulad__section_day'] %}
    select
        '{{ model }}' as model,
        submission_id,
        sum(click_count) as click_count,
        sum(line_count) as line_count
    from {{ ref(model ~ '__delta') }}
    group by submission_id
    union all
    {% endfor %}
    {% for model in ['int_oulad__student_week', 'int_oulad__resource_week'] %}
    select
        '{{ model }}' as model,
        submission_id,
        sum(click_count) as click_count,
        null as line_count -- they keep no lines
    from {{ ref(model ~ '__delta') }}
    group by submission_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

compared as (
    select
        submission_id,
        read.click_count,
        read.line_count,
        count(counted.model) as model_count,
        bool_and(counted.click_count = read.click_count) as has_same_clicks,
        bool_and(coalesce(counted.line_count, read.line_count) = read.line_count) as has_same_lines
    from read
    full join counted using (submission_id)
    group by submission_id, read.click_count, read.line_count
)

select * from compared
where (model_count, has_same_clicks, has_same_lines) is distinct from (6::bigint, true, true)
