{{ config(materialized='view') }}

{{ union_of_parts([ref('dim_course_section__oulad'), ref('dim_course_section__district')]) }}
