{{ config(indexes=[
    {'columns': ['respondent_key', 'question_name'], 'unique': true},
    {'columns': ['question_name']},
]) }}

-- Materialized, or every answer would tidy the respondent's whole row again.
with survey as materialized (
    select
        respondent_key,
        source_system,
        to_jsonb(stg_laurel__survey) as answers,
        _submission_id,
        _line_number
    from {{ ref('stg_laurel__survey') }} as stg_laurel__survey
),

-- The seed names the columns of staging that are answers.
answered as (
    select
        survey.respondent_key,
        survey_question.question_name,
        survey.source_system,
        survey_question.question,
        survey_question.question_order,
        survey_question.answer_kind,
        survey.answers ->> survey_question.question_name as answer,
        survey._submission_id,
        survey._line_number
    from survey
    inner join {{ ref('survey_question') }} as survey_question
        on survey.source_system = survey_question.source_system
)

select
    respondent_key,
    question_name,
    source_system,
    question,
    question_order,
    answer_kind,
    answer,
    case
        -- Nothing is guessed: of '3-5 hours' or '1,000' no number is taken (rule unreadable_number).
        when answer_kind = 'number' and answer ~* '^\d+(\.\d+)?\s*(hours?|hrs?|%)?$'
            then substring(answer from '^\d+(?:\.\d+)?')::numeric
    end as answer_number,
    _submission_id as submission_id,
    _line_number as line_number
from answered
where answer is not null
