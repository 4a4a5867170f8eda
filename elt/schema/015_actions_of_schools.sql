-- Whose student an action was for, as policies ask: without it, a principal of a whole source system saw no action.
alter table predictions.action add column source_system text;

update predictions.action set source_system = coalesce(
    (
        select score.source_system from predictions.score
        where score.student_key = action.student_key
        limit 1
    ),
    'laurel' -- the only one whose students were flagged until now
);

alter table predictions.action alter column source_system set not null;
