{#
    The rows of one raw table that the running transform may see, with the time at which their submission arrived.
    `catalog.transform_scope` is fixed before the build starts, so that every model reads the same submissions.
#}
{% macro submission_rows(dataset) %}
select
    raw_row.*,
    submission.received_at as _received_at
from {{ dataset }} as raw_row
inner join {{ source('catalog', 'transform_scope') }} as transform_scope
    on raw_row._submission_id = transform_scope.submission_id
inner join {{ source('catalog', 'submission') }} as submission
    on raw_row._submission_id = submission.submission_id
{% endmacro %}
