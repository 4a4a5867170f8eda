{{ config(tags=['value'], severity='warn') }}

select * from {{ ref('data_quality_issue') }}
