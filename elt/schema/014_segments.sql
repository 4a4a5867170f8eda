-- Students like each other: one row per source system and segment, of the last run.
create table predictions.segment (
    source_system text not null,
    segment integer not null,
    label text not null,
    student_count integer not null,
    compared_at timestamptz not null default now(),
    primary key (source_system, segment)
);

-- What makes a segment: the mean of each feature in it and among everybody.
create table predictions.segment_feature (
    source_system text not null,
    segment integer not null,
    feature text not null,
    label text not null,
    mean double precision not null,
    mean_of_all double precision not null,
    distance double precision not null, -- between the two, in standard deviations
    primary key (source_system, segment, feature),
    foreign key (source_system, segment) references predictions.segment on delete cascade
);

-- Whether there are segments at all: k-means finds some in any cloud.
create table predictions.segmentation (
    source_system text primary key,
    segment_count integer not null,
    student_count integer not null,
    silhouette double precision not null,
    shuffled_silhouette double precision not null, -- the same, where each feature is shuffled by itself
    agreement double precision not null -- adjusted Rand index of two halves, each dividing everybody
);

alter table predictions.run add column calibration jsonb not null default '{}'; -- of the model in force, on later outcomes
