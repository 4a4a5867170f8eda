select distinct on (teacher_id) *
from {{ ref('base_laurel__teachers') }}
order by teacher_id, _submission_id desc
