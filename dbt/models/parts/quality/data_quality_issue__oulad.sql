{{ config(indexes=[{'columns': ['issue_key'], 'unique': true}]) }}

-- Files of OULAD are large, and a table that is missing makes all lines of another point nowhere: one issue per
-- submission and column, with its first lines. Of clicks, only their sums by site and student are read, which know no
-- lines.
with presentation as (
    select section_key
    from {{ ref('dim_course_section__oulad') }}
    where member_type = 'inferred'
),

student_info as (
    select
        section_key,
        student_key
    from {{ ref('stg_oulad__student_info') }}
),

student as (
    select distinct student_key from student_info
),

found as (
    {% for dataset in ['assessments', 'vle', 'student_info', 'student_registration'] %}
    select
        'orphan_presentation' as rule_name,
        'oulad/{{ dataset }}' as dataset_id,
        'code_module, code_presentation' as column_name,
        line.source_system,
        line._submission_id as submission_id,
        line._line_number as line_number,
        1 as line_count
    from {{ ref('stg_oulad__' ~ dataset) }} as line
    inner join presentation on line.section_key = presentation.section_key
    union all
    {% endfor %}
    select
        'orphan_presentation',
        'oulad/student_vle',
        'code_module, code_presentation',
        activity.source_system,
        activity.submission_id,
        null,
        activity.line_count
    from {{ ref('int_oulad__resource_activity') }} as activity
    inner join presentation on activity.section_key = presentation.section_key
    union all
    select
        'orphan_site',
        'oulad/student_vle',
        'id_site',
        activity.source_system,
        activity.submission_id,
        null,
        activity.line_count
    from {{ ref('int_oulad__resource_activity') }} as activity
    inner join {{ ref('dim_learning_resource__oulad') }} as resource on activity.resource_key = resource.resource_key
    where resource.member_type = 'inferred'
    union all
    select
        'orphan_student',
        'oulad/student_vle',
        'id_student',
        activity.source_system,
        activity.submission_id,
        null,
        activity.line_count
    from {{ ref('int_oulad__student_activity') }} as activity
    left join student_info
        on activity.section_key = student_info.section_key and activity.student_key = student_info.student_key
    where student_info.student_key is null
    union all
    select
        'orphan_student',
        'oulad/student_registration',
        'id_student',
        registration.source_system,
        registration._submission_id,
        registration._line_number,
        1
    from {{ ref('stg_oulad__student_registration') }} as registration
    left join student_info
        on registration.section_key = student_info.section_key and registration.student_key = student_info.student_key
    where student_info.student_key is null
    union all
    select
        'missing_registration',
        'oulad/student_info',
        'id_student',
        info.source_system,
        info._submission_id,
        info._line_number,
        1
    from {{ ref('stg_oulad__student_info') }} as info
    left join {{ ref('stg_oulad__student_registration') }} as registration
        on info.section_key = registration.section_key and info.student_key = registration.student_key
    where registration.student_key is null
    union all
    select
        'orphan_assessment',
        'oulad/student_assessment',
        'id_assessment',
        result.source_system,
        result._submission_id,
        result._line_number,
        1
    from {{ ref('stg_oulad__student_assessment') }} as result
    left join {{ ref('stg_oulad__assessments') }} as assessment on result.assessment_key = assessment.assessment_key
    where assessment.assessment_key is null
    union all
    select
        'orphan_student',
        'oulad/student_assessment',
        'id_student',
        result.source_system,
        result._submission_id,
        result._line_number,
        1
    from {{ ref('stg_oulad__student_assessment') }} as result
    left join student on result.student_key = student.student_key
    where student.student_key is null
),

{{ issues_of('found') }}
