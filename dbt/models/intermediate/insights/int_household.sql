-- Students who have exactly the same guardians on file live in one household, as far as the files can tell.
with guardians_of_student as (
    select
        student_key,
        string_agg(guardian_key::text, ' ' order by guardian_key) as guardian_set
    from {{ ref('bridge_student_guardian__laurel') }}
    group by student_key
)

select
    student_key,
    md5(guardian_set) as household_key
from guardians_of_student
