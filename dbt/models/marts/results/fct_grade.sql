{{ config(materialized='view') }}

{{ union_of_parts([ref('fct_grade__laurel'), ref('fct_grade__district')]) }}
