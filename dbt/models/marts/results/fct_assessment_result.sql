{{ config(materialized='view') }}

{{ union_of_parts([ref('fct_assessment_result__laurel'), ref('fct_assessment_result__oulad')]) }}
