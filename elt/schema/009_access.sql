-- Who may see what: five roles, and the scope of an account (docs/decisions/0018).

alter table catalog.account drop constraint account_role_check;
update catalog.account set role = 'administrator' where role = 'admin';
alter table catalog.account add constraint account_role_check
check (role in ('researcher', 'teacher', 'principal', 'administrator', 'auditor'));

-- What a teacher or a principal belongs to; the other roles need no row. One account may have several.
create table catalog.account_scope (
    account_id integer not null references catalog.account on delete cascade,
    source_system text not null, -- as the marts have it: laurel, district, …
    school_id text, -- of that source system's schools; null: it has one, or all of them
    teacher_id text, -- as the source has it; null for a principal
    unique nulls not distinct (account_id, source_system, school_id, teacher_id)
);
