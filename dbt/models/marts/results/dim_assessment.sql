{{ config(materialized='view') }}

{{ union_of_parts([ref('dim_assessment__laurel'), ref('dim_assessment__oulad'), ref('dim_assessment__district')]) }}
