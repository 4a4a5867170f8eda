-- What is stored of the clicks is of the same submissions, and the same sums, in each of the small parts.
{{ config(tags=['integrity']) }}

with counted as (
    {% for model in ['int_oulad__student_activity', 'int_oulad__resource_activity', 'int_oulad__section_day'] %}
    select
        '{{ model }}' as model,
        submission_id,
        sum(click_count) as click_count,
        sum(line_count) as line_count
    from {{ ref(model) }}
    group by submission_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    submission_id,
    count(*) as model_count
from counted
group by submission_id
having count(*) <> 3 or count(distinct click_count) > 1 or count(distinct line_count) > 1
