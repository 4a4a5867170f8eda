{{ config(indexes=[{'columns': ['date_day'], 'unique': true}]) }}

select
    day::date as date_day,
    extract(isoyear from day)::integer as iso_year,
    extract(week from day)::integer as iso_week,
    extract(year from day)::integer as calendar_year,
    extract(quarter from day)::integer as calendar_quarter,
    extract(month from day)::integer as calendar_month,
    to_char(day, 'FMMonth') as month_name,
    extract(day from day)::integer as day_of_month,
    extract(isodow from day)::integer as iso_day_of_week,
    to_char(day, 'FMDay') as day_name,
    to_char(day, 'ID') in ('6', '7') as is_weekend
from generate_series(
    timestamp '{{ var("calendar_first_day") }}', timestamp '{{ var("calendar_last_day") }}', interval '1 day'
) as day
