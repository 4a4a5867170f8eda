{{ config(materialized='view') }}

{{ union_of_parts([ref('dim_teacher__laurel'), ref('dim_teacher__district')]) }}
