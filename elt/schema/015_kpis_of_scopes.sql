-- How a KPI moved is for those who see the KPI: principals and teachers see the history of systems that they know whole.
-- (A total over schools may be hidden from one of them; its history would tell it.)

-- Whether what the session sees does not depend on what its account belongs to.
create function access.sees_every_system() returns boolean
language sql stable set search_path = '' as $$
    select exists (
        select from pg_catalog.pg_roles
        where (
            rolname in ('laurel_administrator', 'laurel_auditor', 'laurel_researcher')
            or oid = (select nspowner from pg_catalog.pg_namespace where nspname = 'access')
        ) and pg_catalog.pg_has_role(current_user, oid, 'USAGE')
    )
$$;

create or replace view catalog.kpi_movement as
select
    kpi_change.transform_run_id,
    kpi_change.source_system,
    kpi_change.kpi_name,
    kpi_change.kpi_label,
    kpi_change.unit,
    kpi_change.value_before,
    kpi_change.value_after,
    transform_run.finished_at as moved_at
from catalog.kpi_change
inner join catalog.transform_run using (transform_run_id)
where
    (select access.sees_every_system())
    or kpi_change.source_system = any ((select access.known_systems(true))::text[]);
