with jamb as (
    select
        respondent_key,
        answer_number::double precision as score
    from {{ ref('fct_survey_response') }}
    where question_name = 'past_jamb_score'
),

answer as (
    select *
    from {{ ref('fct_survey_response') }}
    where
        answer_kind in ('choice', 'yes or no', 'number')
        -- the outcome itself, and what follows from it
        and question_name not in ('past_jamb_score', 'has_five_core_credits')
)

select
    'survey' as analysis,
    'All respondents' as population,
    'jamb_score' as outcome,
    'JAMB score' as outcome_label,
    answer.question_name as factor,
    answer.question as factor_label,
    case
        when answer.question_name = 'attendance_rate' then 'per 10 percentage points'
        when answer.answer_kind = 'number' then 'per hour'
    end as step_label,
    answer.respondent_key::text as unit_key,
    answer.respondent_key::text as cluster_key,
    case when answer.answer_kind != 'number' then answer.answer end as level,
    answer.answer_number::double precision / case when answer.question_name = 'attendance_rate' then 10 else 1 end
        as factor_value,
    jamb.score as outcome_value
from answer
inner join jamb on answer.respondent_key = jamb.respondent_key
