{{ config(materialized='view') }}

{{ with_stored(ref('fct_resource_interaction__oulad__delta')) }}
