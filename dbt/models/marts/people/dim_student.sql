{{ config(materialized='view') }}

{{ union_of_parts([ref('dim_student__laurel'), ref('dim_student__oulad'), ref('dim_student__district')]) }}
