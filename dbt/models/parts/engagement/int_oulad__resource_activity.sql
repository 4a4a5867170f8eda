{{ config(materialized='view') }}

{{ with_stored(ref('int_oulad__resource_activity__delta')) }}
