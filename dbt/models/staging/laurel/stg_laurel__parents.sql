select distinct on (parent_id, student_id) *
from {{ ref('base_laurel__parents') }}
order by parent_id, student_id, _submission_id desc
