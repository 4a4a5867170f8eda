{{ config(materialized='view') }}

{{ union_of_parts(
    [ref('data_quality_issue__laurel'), ref('data_quality_issue__oulad'), ref('data_quality_issue__district')]
) }}
