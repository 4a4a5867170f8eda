{% set view = source('factors', 'student_performance') %}
{% set found = described_columns(view) %}

-- column, in words, size and name of a step where it is a number
{% set numbers = [
    ('hours_studied', 'Hours studied', 1, 'per hour'),
    ('attendance', 'Attendance', 10, 'per 10 percentage points'),
    ('sleep_hours', 'Hours of sleep', 1, 'per hour'),
    ('previous_scores', 'Previous scores', 10, 'per 10 points'),
    ('tutoring_sessions', 'Tutoring sessions', 1, 'per session'),
    ('physical_activity', 'Physical activity', 1, 'per hour'),
] %}
{% set categories = [
    ('parental_involvement', 'Parental involvement'),
    ('access_to_resources', 'Access to resources'),
    ('extracurricular_activities', 'Extracurricular activities'),
    ('motivation_level', 'Motivation'),
    ('internet_access', 'Internet access'),
    ('family_income', 'Family income'),
    ('teacher_quality', 'Teacher quality'),
    ('school_type', 'School type'),
    ('peer_influence', 'Peer influence'),
    ('learning_disabilities', 'Learning disabilities'),
    ('parental_education_level', 'Parents'' education'),
    ('distance_from_home', 'Distance from home'),
    ('gender', 'Gender'),
] %}

with answer as (
    {% if found.get('exam_score') -%}
    {% for name, label, step, step_label in numbers if found.get(name) %}
    select
        _submission_id,
        _line_number,
        '{{ name }}' as factor,
        '{{ label }}' as factor_label,
        '{{ step_label }}' as step_label,
        null as level,
        {{ name }}::double precision / {{ step }} as factor_value,
        exam_score::double precision as outcome_value
    from {{ view }}
    union all
    {% endfor %}
    {% for name, label in categories if name in found and not found[name] %}
    select
        _submission_id,
        _line_number,
        '{{ name }}' as factor,
        '{{ label }}' as factor_label,
        null as step_label,
        {{ name }}::text as level,
        null::double precision as factor_value,
        exam_score::double precision as outcome_value
    from {{ view }}
    union all
    {% endfor %}
    {%- endif %}
    -- no rows: what the columns are where there is no such dataset
    select
        null::integer as _submission_id,
        null::integer as _line_number,
        null as factor,
        null as factor_label,
        null as step_label,
        null as level,
        null::double precision as factor_value,
        null::double precision as outcome_value
    where false
)

select
    'student_performance' as analysis,
    'All students' as population,
    'exam_score' as outcome,
    'Exam score' as outcome_label,
    factor,
    factor_label,
    step_label,
    _submission_id || '-' || _line_number as unit_key,
    _submission_id || '-' || _line_number as cluster_key,
    level,
    factor_value,
    outcome_value
from answer
where
    (level is not null or factor_value is not null)
    and outcome_value is not null
    -- private until its owner shares it
    and exists (
        select 1 from {{ source('ledger', 'dataset_status') }}
        where dataset_id = 'factors/student_performance'
    )
