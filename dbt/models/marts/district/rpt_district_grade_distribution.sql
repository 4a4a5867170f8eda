with graded as (
    select
        grade.source_system,
        grade.student_key,
        school.school_key,
        school.school_label as school_name,
        letter_scale.letter_band,
        -letter_scale.minimum_score as band_order
    from {{ ref('fct_grade__district') }} as grade
    inner join {{ ref('dim_school__district') }} as school on grade.school_key = school.school_key
    inner join {{ ref('letter_scale') }} as letter_scale
        on grade.source_system = letter_scale.source_system and grade.letter_grade = letter_scale.letter_grade
),

{{ school_cells('graded', 'letter_band', orders=['band_order'], measures={'grade_count': 'count(*)'}) }},

-- Of all grades of the school; where that total is withheld, so is every share of it.
shared as (
    select
        *,
        max(grade_count) filter (where is_margin) over school as total_count,
        bool_or(is_suppressed) filter (where is_margin) over school as is_total_suppressed
    from reported
    window school as (partition by source_system, school_name)
)

select
    source_system,
    school_name,
    letter_band,
    band_order::integer as band_order,
    {{ shown_counts(['student_count', 'grade_count']) }}
    case
        when not (is_suppressed or is_total_suppressed) then grade_count::double precision / total_count
    end as grade_rate,
    is_suppressed,
    school_key,
    is_of_few_schools
from shared
where not is_margin
