select distinct on (student_id) *
from {{ ref('base_laurel__students') }}
order by student_id, _submission_id desc
