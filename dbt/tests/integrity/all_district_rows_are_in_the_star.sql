-- Rows and sums must be the same in staging and in the star made from it.
{{ config(tags=['integrity']) }}

{% set people = {'student': 'student', 'teacher': 'teacher', 'parent': 'guardian'} %}

with expected as (
    {% for role, kind in people.items() %}
    select
        '{{ kind }}' as kind,
        count(*) as row_count
    from {{ ref('stg_district__users') }}
    where role = '{{ role }}'
    union all
    {% endfor %}
    select 'school', count(*) from {{ ref('stg_district__schools') }}
    union all
    select 'section', count(*) from {{ ref('stg_district__courses') }}
    union all
    select 'learning resource', count(*) from {{ ref('stg_district__contents') }}
    union all
    select 'opening', coalesce(sum(access_count), 0) from {{ ref('stg_district__accesses') }}
    union all
    select 'homework', count(*) from {{ ref('stg_district__homeworks') }}
    union all
    select 'submitted homework', count(submitted_at) from {{ ref('stg_district__homeworks') }}
    union all
    select 'change', count(*) from {{ ref('stg_district__adjustments') }}
    union all
    select 'grade', count(distinct (grade.student_key, section.course_key, section.session_key))
    from {{ ref('stg_district__grades') }} as grade
    inner join {{ ref('int_district__section') }} as section on grade.section_key = section.section_key
    union all
    select 'enrollment', count(*)
    from (
        {% for table in ['grades', 'homeworks', 'adjustments'] %}
        select
            student_key,
            section_key
        from {{ ref('stg_district__' ~ table) }}
        union
        {% endfor %}
        select
            student_key,
            from_section_key
        from {{ ref('stg_district__adjustments') }}
        where from_section_key is not null and action_name = 'switch'
    ) as enrolled
),

actual as (
    {% for kind in ['student', 'teacher'] %}
    select
        '{{ kind }}' as kind,
        count(*) as row_count
    from {{ ref('dim_' ~ kind ~ '__district') }}
    where is_current and member_type = 'known'
    union all
    {% endfor %}
    select 'guardian', count(*) from {{ ref('dim_guardian__district') }} where is_current
    union all
    select 'school', count(*) from {{ ref('dim_school__district') }} where is_current and member_type = 'known'
    union all
    select 'section', count(*) from {{ ref('dim_course_section__district') }} where member_type = 'known'
    union all
    select 'learning resource', count(*)
    from {{ ref('dim_learning_resource__district') }}
    where member_type = 'known'
    union all
    select 'opening', coalesce(sum(click_count), 0) from {{ ref('fct_resource_interaction__district') }}
    union all
    select 'homework', count(*) from {{ ref('fct_homework') }}
    union all
    select 'submitted homework', count(*) from {{ ref('fct_homework') }} where is_submitted
    union all
    select 'change', count(*) from {{ ref('fct_course_load_change') }}
    union all
    select 'grade', count(*) from {{ ref('fct_grade__district') }}
    union all
    select 'enrollment', count(*) from {{ ref('fct_enrollment__district') }}
)

select
    kind,
    expected.row_count,
    actual.row_count as actual_row_count
from expected
full join actual using (kind)
where expected.row_count is distinct from actual.row_count
