-- Predictions: features as dbt builds and publishes them, models with their cards, and scored students.

create schema build_features;
create schema features_store; -- published features: dbt's int_features__*, read by elt.predicting alone
create schema predictions;

-- Every model that was ever trained. At most one of a task is published; what the gate refuses is kept with its reasons.
create table predictions.model (
    model_id integer generated always as identity primary key,
    task text not null,
    title text not null,
    family text not null,
    kind text not null check (kind in ('classification', 'regression')),
    status text not null check (status in ('published', 'refused', 'superseded')),
    algorithm text not null,
    trained_at timestamptz not null default now(),
    transform_run_id integer references catalog.transform_run, -- whose features it saw
    data_fingerprint text not null, -- of the rows with an outcome
    program_fingerprint text not null, -- of the code, the gate and the dbt project
    refusals text[] not null default '{}',
    card jsonb not null,
    artefact_key text not null, -- in the object store: the model itself, as JSON
    artefact_sha256 text not null
);
create unique index model_published on predictions.model (task) where status = 'published';
create index model_task on predictions.model (task, model_id);

-- One row per model, part of its test rows ('all', or a term, or a presentation), predictor and measure.
create table predictions.metric (
    model_id integer not null references predictions.model on delete cascade,
    segment text not null,
    predictor text not null, -- 'model', a baseline, a candidate, or 'model - <baseline>'
    metric text not null,
    value double precision,
    low double precision, -- ends of the 95% interval
    high double precision,
    student_count integer not null,
    row_count integer not null,
    primary key (model_id, segment, predictor, metric)
);

create table predictions.calibration (
    model_id integer not null references predictions.model on delete cascade,
    bin integer not null,
    mean_predicted double precision not null,
    observed double precision not null,
    low double precision not null,
    high double precision not null,
    student_count integer not null,
    row_count integer not null,
    primary key (model_id, bin)
);

create table predictions.subgroup (
    model_id integer not null references predictions.model on delete cascade,
    attribute text not null,
    level text not null,
    metric text not null,
    value double precision,
    rest double precision, -- the same among everybody else
    gap double precision,
    low double precision,
    high double precision,
    student_count integer not null,
    primary key (model_id, attribute, level, metric)
);

-- What would be found with room for so many students: one row per share of students.
create table predictions.capacity (
    model_id integer not null references predictions.model on delete cascade,
    capacity_rate double precision not null,
    predictor text not null,
    recall double precision not null,
    low double precision not null,
    high double precision not null,
    precision_rate double precision not null,
    primary key (model_id, capacity_rate, predictor)
);

-- The small tree that is grown for reading, beside the model.
create table predictions.tree_node (
    model_id integer not null references predictions.model on delete cascade,
    node integer not null,
    parent integer,
    depth integer not null,
    place double precision not null, -- 0 to 1, from left to right
    label text not null, -- the question asked there, or the answer of a leaf
    answer text not null, -- to the parent's question: yes, no; empty at the root
    value double precision not null,
    row_count integer not null,
    primary key (model_id, node)
);

-- One row per task, student, unit (subject, presentation) and moment. Earlier moments stay as the student's history.
create table predictions.score (
    task text not null,
    student_key uuid not null,
    unit text not null default '',
    moment text not null,
    model_id integer not null references predictions.model,
    source_system text not null,
    student_id text not null,
    status text not null check (status in ('scored', 'not_enough_evidence')),
    value double precision, -- a probability, or the predicted number
    because text, -- why there is no number
    reasons jsonb not null default '[]',
    risk_tier integer, -- the rule's, beside it
    is_current boolean not null default true,
    scored_at timestamptz not null default now(),
    primary key (task, student_key, unit, moment),
    check ((status = 'scored') = (value is not null))
);
create index score_current on predictions.score (task, is_current);
create index score_student on predictions.score (student_key);

-- One row per task: what was last looked at, so that nothing is scored twice, and how far features have drifted.
create table predictions.run (
    task text primary key,
    data_fingerprint text not null,
    program_fingerprint text not null,
    drift jsonb not null default '{}',
    finished_at timestamptz not null default now()
);

-- The column that the owner of a described data set wants predicted.
create table predictions.target (
    dataset_id text primary key references catalog.dataset,
    field text not null, -- as the contract calls it
    account_id integer references catalog.account,
    named_at timestamptz not null default now()
);

-- What somebody did for a flagged student, before the outcome was known.
create table predictions.action (
    action_id integer generated always as identity primary key,
    task text not null,
    student_key uuid not null,
    student_id text not null,
    moment text not null,
    action text not null check (action in ('talk', 'tutoring', 'family', 'attendance', 'other')),
    account_id integer references catalog.account,
    recorded_at timestamptz not null default now(),
    unique (task, student_key, moment, action)
);

-- What came of them, beside students with like predictions for whom nothing was recorded. Not an experiment.
create table predictions.action_comparison (
    task text not null,
    action text not null,
    student_count integer not null,
    similar_count integer not null,
    outcome double precision not null,
    similar_outcome double precision not null,
    gap double precision not null,
    low double precision,
    high double precision,
    compared_at timestamptz not null default now(),
    primary key (task, action)
);

alter table predictions.score add column outcome double precision; -- once it is known: what the value was about
