{{ config(materialized='view') }}

{{ union_of_parts([ref('dim_school__laurel'), ref('dim_school__district')]) }}
