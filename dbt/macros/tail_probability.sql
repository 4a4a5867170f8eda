{#
    Student's t and Fisher's F in SQL, which has only the error function. Degrees of freedom may be fractional
    (Welch). With five or more of them, which association_rule's smallest groups guarantee, the p of t is right to two
    decimals and that of F to one hundredth; far out in the tail the p of F is only small, not exact. Tests hold the
    macros against tables.
#}

{# The two-sided p-value of t: Hill's normal approximation (1970, CACM algorithm 395), then erfc. #}
{% macro student_t_two_sided_p(t, df) -%}
    (
        select erfc(z / sqrt(2.0::double precision))
        from (select {{ df }} - 0.5 as a, ({{ df }} - 0.5) * ln(1 + ({{ t }}) ^ 2 / {{ df }}) as z2) as start
        cross join lateral (
            select
                sqrt(z2) * (
                    1 + (
                        z2 + 3
                        + (((-0.4 * z2 - 3.3) * z2 - 24) * z2 - 85.5) / (0.8 * z2 * z2 + 100 + 48 * a * a)
                    ) / (48 * a * a)
                ) as z
        ) as corrected
    )
{%- endmacro %}

{# The t that 95% of the distribution lies within, on either side of 0: Cornish-Fisher expansion about 1.959964. #}
{% macro student_t_95(df) -%}
    {%- set z = 1.959963984540054 -%}
    (
        {{ z }}
        + {{ (z ** 3 + z) / 4 }} / {{ df }}
        + {{ (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 }} / {{ df }} ^ 2
        + {{ (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 }} / {{ df }} ^ 3
        + {{ (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160 }} / {{ df }} ^ 4
    )
{%- endmacro %}

{# The chance of an F at least as large: Paulson's normal approximation (1942). #}
{% macro f_upper_p(f, df1, df2) -%}
    (
        erfc(
            (
                (1 - 2 / (9 * {{ df2 }})) * ({{ f }}) ^ (1.0 / 3)
                - (1 - 2 / (9 * {{ df1 }}))
            )
            / sqrt(2 / (9 * {{ df2 }}) * ({{ f }}) ^ (2.0 / 3) + 2 / (9 * {{ df1 }}))
            / sqrt(2.0::double precision)
        ) / 2
    )
{%- endmacro %}
