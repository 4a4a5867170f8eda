-- One value per household: siblings share their guardians, so that each child on its own would count them twice.
with result as (
    select
        int_household.household_key,
        avg(int_student_result.mean_score) as mean_score
    from {{ ref('int_household') }} as int_household
    inner join {{ ref('int_student_result') }} as int_student_result
        on int_household.student_key = int_student_result.student_key
    where int_student_result.population = 'All grade levels'
    group by int_household.household_key
),

answer as (
    select
        int_household.household_key,
        attribute.factor,
        attribute.factor_label,
        attribute.level
    from {{ ref('int_household') }} as int_household
    inner join {{ ref('bridge_student_guardian__laurel') }} as bridge
        on int_household.student_key = bridge.student_key
    inner join {{ ref('dim_guardian__laurel') }} as dim_guardian
        on bridge.guardian_key = dim_guardian.guardian_key
    cross join lateral (
        values
        ('school_engagement', 'Engagement in school activities', dim_guardian.school_engagement),
        ('financial_status', 'Financial status', dim_guardian.financial_status),
        ('education_level', 'Education level', dim_guardian.education_level),
        ('occupation', 'Occupation', dim_guardian.occupation)
    ) as attribute (factor, factor_label, level)
    where attribute.level is not null
),

-- A household whose guardians differ belongs to no level.
agreed as (
    select
        household_key,
        factor,
        factor_label,
        min(level) as level
    from answer
    group by household_key, factor, factor_label
    having count(distinct level) = 1
)

select
    'guardian' as analysis,
    'All households' as population,
    'mean_score' as outcome,
    'Mean total score' as outcome_label,
    agreed.factor,
    agreed.factor_label,
    null as step_label,
    agreed.household_key as unit_key,
    agreed.household_key as cluster_key,
    agreed.level,
    null::double precision as factor_value,
    result.mean_score as outcome_value
from agreed
inner join result on agreed.household_key = result.household_key
