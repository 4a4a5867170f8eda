-- A comparison of actions also tells what had been predicted of both sides; it is made anew with each run of `predict`.

drop table predictions.action_comparison;

create table predictions.action_comparison (
    task text not null,
    action text not null, -- 'any' for any of them
    student_count integer not null,
    similar_count integer not null,
    predicted double precision not null, -- mean of what was said, of those with the action
    similar_predicted double precision not null,
    outcome double precision not null, -- mean of what came
    similar_outcome double precision not null,
    gap double precision not null, -- of what came beyond what was said
    low double precision not null, -- ends of the 95% interval
    high double precision not null,
    compared_at timestamptz not null default now(),
    primary key (task, action)
);
