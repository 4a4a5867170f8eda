-- Rows must be the same in staging and in the star made from it.
{{ config(tags=['integrity']) }}

with expected as (
    select
        'enrollment' as kind,
        count(*) as row_count
    from (
        select module_code, presentation_code, student_id from {{ ref('stg_oulad__student_info') }}
        union
        select module_code, presentation_code, student_id from {{ ref('stg_oulad__student_registration') }}
    ) as enrolled
    union all
    select 'assessment result', count(*) from {{ ref('stg_oulad__student_assessment') }}
    union all
    select 'student', count(distinct student_id) from {{ ref('stg_oulad__student_info') }}
    union all
    select 'learning resource', count(*) from {{ ref('stg_oulad__vle') }}
    union all
    select 'section', count(*) from {{ ref('stg_oulad__courses') }}
),

actual as (
    select
        'enrollment' as kind,
        count(*) as row_count
    from {{ ref('fct_enrollment__oulad') }}
    union all
    select 'assessment result', count(*) from {{ ref('fct_assessment_result__oulad') }}
    union all
    select 'student', count(*) from {{ ref('dim_student__oulad') }} where is_current and member_type = 'known'
    union all
    select 'learning resource', count(*) from {{ ref('dim_learning_resource__oulad') }} where member_type = 'known'
    union all
    select 'section', count(*) from {{ ref('dim_course_section__oulad') }} where member_type = 'known'
)

select
    kind,
    expected.row_count,
    actual.row_count as actual_row_count
from expected
full join actual using (kind)
where expected.row_count is distinct from actual.row_count
