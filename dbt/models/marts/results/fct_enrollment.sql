{{ config(materialized='view') }}

{{ union_of_parts([ref('fct_enrollment__oulad'), ref('fct_enrollment__district')]) }}
