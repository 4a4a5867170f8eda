{{ config(indexes=[{'columns': ['issue_key'], 'unique': true}]) }}

-- One issue per submission and column, with its first lines: a table that is missing makes all lines of another point
-- nowhere. Only rows that count are looked at: what was deleted at the source may point where it likes.

with school as (
    select school_id from {{ ref('stg_district__schools') }}
),

student as (
    select user_id
    from {{ ref('stg_district__users') }}
    where role = 'student'
),

found as (
    {% for table in ['grades', 'homeworks', 'adjustments', 'accesses'] %}
    select
        'orphan_student' as rule_name,
        'district/{{ table }}' as dataset_id,
        'student_id' as column_name,
        line.source_system,
        line._submission_id as submission_id,
        line._line_number as line_number,
        1 as line_count
    from {{ ref('stg_district__' ~ table) }} as line
    left join student on line.student_id = student.user_id
    where student.user_id is null
    union all
    {% endfor %}
    {% for table in ['grades', 'homeworks', 'contents', 'adjustments'] %}
    select
        'orphan_course',
        'district/{{ table }}',
        'course_id',
        line.source_system,
        line._submission_id,
        line._line_number,
        1
    from {{ ref('stg_district__' ~ table) }} as line
    left join {{ ref('stg_district__courses') }} as course on line.section_key = course.section_key
    where course.section_key is null
    union all
    {% endfor %}
    select
        'orphan_course',
        'district/adjustments',
        'from_course_id',
        adjustment.source_system,
        adjustment._submission_id,
        adjustment._line_number,
        1
    from {{ ref('stg_district__adjustments') }} as adjustment
    left join {{ ref('stg_district__courses') }} as course on adjustment.from_section_key = course.section_key
    where adjustment.from_course_id is not null and course.section_key is null
    union all
    {% for table in ['users', 'courses'] %}
    select
        'orphan_school',
        'district/{{ table }}',
        'school_id',
        line.source_system,
        line._submission_id,
        line._line_number,
        1
    from {{ ref('stg_district__' ~ table) }} as line
    left join school on line.school_id = school.school_id
    where line.school_id is not null and school.school_id is null
    union all
    {% endfor %}
    select
        'orphan_teacher',
        'district/courses',
        'teacher_id',
        course.source_system,
        course._submission_id,
        course._line_number,
        1
    from {{ ref('stg_district__courses') }} as course
    left join {{ ref('stg_district__users') }} as teacher
        on course.teacher_id = teacher.user_id and teacher.role = 'teacher'
    where course.teacher_id is not null and teacher.user_id is null
    union all
    select
        'orphan_guardian',
        'district/users',
        'parent_id',
        child.source_system,
        child._submission_id,
        child._line_number,
        1
    from {{ ref('stg_district__users') }} as child
    left join {{ ref('stg_district__users') }} as parent on child.parent_id = parent.user_id and parent.role = 'parent'
    where child.role = 'student' and child.parent_id is not null and parent.user_id is null
    union all
    select
        'orphan_content',
        'district/accesses',
        'content_id',
        access.source_system,
        access._submission_id,
        access._line_number,
        1
    from {{ ref('stg_district__accesses') }} as access
    left join {{ ref('stg_district__contents') }} as content on access.resource_key = content.resource_key
    where content.resource_key is null
    union all
    select
        'repeated_grade',
        'district/grades',
        'student_id, course_id',
        grade.source_system,
        grade._submission_id,
        grade._line_number,
        1
    from {{ ref('stg_district__grades') }} as grade
    left join {{ ref('fct_grade__district') }} as kept
        on grade._submission_id = kept.submission_id and grade._line_number = kept.line_number
    where kept.line_number is null
),

{{ issues_of('found') }}
