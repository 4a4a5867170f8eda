-- One value per teacher: fifty teachers are fifty observations, however many grades they gave.
with result as (
    select
        teacher_key,
        avg(total_score)::double precision as mean_score
    from {{ ref('fct_grade__laurel') }}
    where total_score is not null
    group by teacher_key
),

teacher as (
    select
        dim_teacher.*,
        result.mean_score
    from {{ ref('dim_teacher__laurel') }} as dim_teacher
    inner join result on dim_teacher.teacher_key = result.teacher_key
    where dim_teacher.is_current and dim_teacher.member_type = 'known'
)

select
    'teacher' as analysis,
    'All teachers' as population,
    'mean_score' as outcome,
    'Mean total score' as outcome_label,
    attribute.factor,
    attribute.factor_label,
    attribute.step_label,
    teacher.teacher_key::text as unit_key,
    teacher.teacher_key::text as cluster_key,
    attribute.level,
    attribute.factor_value,
    teacher.mean_score as outcome_value
from teacher
cross join lateral (
    values
    ('experience', 'Years of experience', 'per year', null, teacher.experience_years::double precision),
    ('qualification', 'Qualification', null, teacher.qualification, null),
    ('digital_literacy', 'Digital literacy', null, teacher.digital_literacy, null),
    ('residence_type', 'Residence type', null, teacher.residence_type, null),
    ('gender', 'Gender', null, teacher.gender, null)
) as attribute (factor, factor_label, step_label, level, factor_value)
where attribute.level is not null or attribute.factor_value is not null
