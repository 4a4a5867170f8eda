{{ config(materialized='view') }}

{{ with_stored(ref('int_oulad__section_day__delta')) }}
