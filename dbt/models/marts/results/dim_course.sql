{{ config(materialized='view') }}

{{ union_of_parts([ref('dim_course__laurel'), ref('dim_course__oulad'), ref('dim_course__district')]) }}
