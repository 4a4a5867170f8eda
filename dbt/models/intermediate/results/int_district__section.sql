-- Every course that anything names: as its file describes it, or by its id alone, in an unknown session of no school.
with described as (
    select * from {{ ref('stg_district__courses') }}
),

mentioned as (
    {% for table in ['grades', 'homeworks', 'adjustments', 'contents'] %}
    select
        section_key,
        source_system,
        course_id,
        min(_received_at) as known_from
    from {{ ref('stg_district__' ~ table) }}
    group by section_key, source_system, course_id
    union all
    {% endfor %}
    select
        from_section_key as section_key,
        source_system,
        from_course_id as course_id,
        min(_received_at) as known_from
    from {{ ref('stg_district__adjustments') }}
    where from_course_id is not null
    group by from_section_key, source_system, from_course_id
),

section as (
    select
        section_key,
        source_system,
        course_id,
        course_code,
        course_name,
        subject,
        school_id,
        teacher_id,
        grade_level,
        school_year,
        term,
        credits,
        capacity,
        starts_on,
        ends_on,
        updated_at as known_from,
        'known' as member_type,
        _submission_id as submission_id,
        _line_number as line_number
    from described
    union all
    select
        mentioned.section_key,
        mentioned.source_system,
        mentioned.course_id,
        mentioned.course_id as course_code,
        mentioned.course_id as course_name,
        null as subject,
        null as school_id,
        null as teacher_id,
        null as grade_level,
        null as school_year,
        null as term,
        null as credits,
        null as capacity,
        null as starts_on,
        null as ends_on,
        min(mentioned.known_from) as known_from,
        'inferred' as member_type,
        null as submission_id,
        null as line_number
    from mentioned
    left join described on mentioned.section_key = described.section_key
    where described.section_key is null
    group by mentioned.section_key, mentioned.source_system, mentioned.course_id
)

select
    {{ surrogate_key(['source_system', 'course_code']) }} as course_key,
    {{ surrogate_key(['source_system', 'school_year', 'term']) }} as session_key,
    {{ surrogate_key(['source_system', 'teacher_id']) }} as teacher_key,
    case when school_id is not null then {{ surrogate_key(['source_system', 'school_id']) }} end as school_key,
    *
from section
