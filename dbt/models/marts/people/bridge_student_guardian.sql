{{ config(materialized='view') }}

{{ union_of_parts([ref('bridge_student_guardian__laurel'), ref('bridge_student_guardian__district')]) }}
