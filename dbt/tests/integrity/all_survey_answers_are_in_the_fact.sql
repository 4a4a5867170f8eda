-- Every non-empty answer of staging is a row of the fact; a column that the seed survey_question forgot would be lost.
{{ config(tags=['integrity']) }}

with staged as (
    select
        survey.source_system,
        count(*) as answers
    from {{ ref('stg_laurel__survey') }} as survey
    cross join lateral jsonb_each_text(jsonb_strip_nulls(to_jsonb(survey))) as answer (question_name, answer)
    where answer.question_name <> all (array['source_system', 'respondent_key'])
        and not starts_with(answer.question_name, '_')
    group by survey.source_system
),

facts as (
    select
        source_system,
        count(*) as answers
    from {{ ref('fct_survey_response') }}
    group by source_system
)

select
    source_system,
    staged.answers,
    facts.answers as fact_answers
from staged
full join facts using (source_system)
where staged.answers is distinct from facts.answers
