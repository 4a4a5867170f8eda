{{ config(indexes=[{'columns': ['issue_key'], 'unique': true}]) }}

{% set keyed_datasets = [
    ('students', 'base_laurel__students', ['student_id']),
    ('teachers', 'base_laurel__teachers', ['teacher_id']),
    ('parents', 'base_laurel__parents', ['parent_id', 'student_id']),
    ('academic_history', 'stg_laurel__academic_history', ['student_id', 'grade_level', 'subject', 'term']),
] %}

with history as (
    select * from {{ ref('stg_laurel__academic_history') }}
),

-- Each part below has one row per line that breaks a rule; `subject_of_issue` tells the issues of one file apart.
found as (
    select
        'orphan_student' as rule_name,
        'laurel/academic_history' as dataset_id,
        'student_id' as column_name,
        history.source_system,
        history.student_id as subject_of_issue,
        history._submission_id as submission_id,
        history._line_number as line_number
    from history
    inner join {{ ref('dim_student__laurel') }} as dim_student on history.student_key = dim_student.student_key
    where dim_student.member_type = 'inferred'
    union all
    select
        'orphan_student',
        'laurel/parents',
        'student_id',
        parents.source_system,
        parents.student_id,
        parents._submission_id,
        parents._line_number
    from {{ ref('stg_laurel__parents') }} as parents
    inner join {{ ref('dim_student__laurel') }} as dim_student
        on parents.source_system = dim_student.source_system and parents.student_id = dim_student.student_id
    where dim_student.member_type = 'inferred'
    union all
    select
        case dim_teacher.member_type when 'inferred' then 'orphan_teacher' else 'missing_teacher' end,
        'laurel/academic_history',
        'teacher_id',
        history.source_system,
        history.teacher_id,
        history._submission_id,
        history._line_number
    from history
    inner join {{ ref('dim_teacher__laurel') }} as dim_teacher on history.teacher_key = dim_teacher.teacher_key
    where dim_teacher.member_type <> 'known'
    union all
    select
        'contradictory_guardian',
        'laurel/parents',
        -- the column as the dataset's contract has it
        case attribute.attribute_name
            when 'birth_date' then 'date_of_birth'
            when 'age_years' then 'age'
            else attribute.attribute_name
        end,
        attribute.source_system,
        attribute.guardian_id,
        attribute._submission_id,
        line.line_number
    from {{ ref('int_guardian_attribute') }} as attribute
    cross join lateral unnest(attribute.line_numbers) as line (line_number)
    where attribute.value_count > 1
    union all
    select
        'contradictory_jamb_score',
        'laurel/academic_history',
        'jamb_score',
        source_system,
        student_id,
        _submission_id,
        _line_number
    from (
        select
            *,
            min(jamb_score) over submitted <> max(jamb_score) over submitted as is_contradictory
        from history
        where jamb_score is not null
        window submitted as (partition by source_system, student_id, _submission_id)
    ) as jamb
    where is_contradictory
    union all
    select
        'total_is_not_sum',
        'laurel/academic_history',
        'total_score',
        source_system,
        line_number::text,
        submission_id,
        line_number
    from {{ ref('fct_grade__laurel') }}
    where reported_total_score <> total_score
    union all
    select
        'unknown_term',
        'laurel/academic_history',
        'term',
        history.source_system,
        history.term,
        history._submission_id,
        history._line_number
    from history
    left join {{ ref('term') }} as term
        on history.source_system = term.source_system and history.term = term.term
    where term.term is null
    union all
    select
        'unreadable_number',
        'laurel/survey',
        question_name as column_name,
        source_system,
        question_name as subject_of_issue,
        submission_id,
        line_number
    from {{ ref('fct_survey_response') }}
    where answer_kind = 'number' and answer_number is null
    {% for dataset, relation, key_columns in keyed_datasets %}
    union all
    select
        'duplicate_key',
        'laurel/{{ dataset }}',
        '{{ key_columns | join(", ") }}',
        keyed.source_system,
        keyed._line_number::text,
        keyed._submission_id,
        line.line_number
    from {{ ref(relation) }} as keyed
    cross join lateral unnest(keyed._key_line_numbers) as line (line_number)
    where cardinality(keyed._key_line_numbers) > 1
    {% endfor %}
),

issues as (
    select
        rule_name,
        source_system,
        dataset_id,
        submission_id,
        column_name,
        subject_of_issue,
        array_agg(line_number order by line_number) as line_numbers,
        count(*)::integer as line_count
    from found
    group by rule_name, source_system, dataset_id, submission_id, column_name, subject_of_issue
)

select
    {{ surrogate_key(['issues.rule_name', 'issues.dataset_id', 'issues.submission_id', 'issues.column_name',
                      'issues.subject_of_issue']) }} as issue_key,
    issues.source_system,
    issues.dataset_id,
    issues.submission_id,
    issues.column_name,
    issues.rule_name,
    rule.severity,
    rule.meaning,
    rule.remedy,
    issues.line_count,
    issues.line_numbers
from issues
inner join {{ ref('data_quality_rule') }} as rule
    on issues.source_system = rule.source_system and issues.rule_name = rule.rule_name
