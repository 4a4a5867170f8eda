-- No letter may stand for both passing and failing.
{{ config(tags=['value']) }}

select
    source_system,
    letter_grade
from {{ ref('fct_grade__laurel') }}
where letter_grade is not null
group by source_system, letter_grade
having bool_or(is_passed) <> bool_and(is_passed)
