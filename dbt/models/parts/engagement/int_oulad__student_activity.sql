{{ config(materialized='view') }}

{{ with_stored(ref('int_oulad__student_activity__delta')) }}
