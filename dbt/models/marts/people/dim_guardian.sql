{{ config(materialized='view') }}

{{ union_of_parts([ref('dim_guardian__laurel'), ref('dim_guardian__district')]) }}
