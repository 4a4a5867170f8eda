{{ config(materialized='view') }}

{{ union_of_parts([ref('dim_learning_resource__oulad'), ref('dim_learning_resource__district')]) }}
