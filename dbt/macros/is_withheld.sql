{#
    Whether a row's numbers may not be published: too few people are behind it (`is_small`), or it is the smallest of the
    others beside such a row. Their margin (`is_margin`, the row over all cells of `within`) is published too, so that
    one cell withheld alone would be the margin less the cells that are shown. The second one has enough people by
    itself: whatever is worked out is about both together, also where the same people are in several cells. Where nobody
    is in two (`disjoint`), small cells that are `minimum_count` together need no second one. A cell with nobody in it
    hides nobody, and is no second one.
#}
{% macro is_withheld(within, cell, disjoint=false) -%}
    is_small or (
        not is_margin
        and bool_or(is_small) over (partition by {{ within }}, is_margin)
        {%- if disjoint %}
        and sum(student_count) filter (where is_small) over (partition by {{ within }}, is_margin)
        < minimum_count
        {%- endif %}
        and student_count > 0
        and row_number() over (
            partition by {{ within }}, is_margin, is_small, student_count = 0 order by student_count, {{ cell }}
        ) = 1
    )
{%- endmacro %}
