{{ config(materialized='view') }}

{{ union_of_parts([ref('dim_session__laurel'), ref('dim_session__oulad'), ref('dim_session__district')]) }}
