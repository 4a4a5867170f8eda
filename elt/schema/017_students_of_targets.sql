-- Predictions on described data sets: whom a line is about, and for whom the models are.

-- Lines with the same value in this column are one student, on one side of every split. Null: the column that the
-- contract marks as personal identifier, if it marks one; else each line by itself.
alter table predictions.target add column student_field text;

-- A model tells of the rows that it learnt from: their columns, levels and quantiles. So it is for those who see them.
alter table predictions.target rename column dataset_id to described_dataset_id;
alter table predictions.model add column described_dataset_id text references catalog.dataset; -- null: ships with Laurel
update predictions.model set described_dataset_id = target.described_dataset_id
from predictions.target where model.task = replace(target.described_dataset_id, '/', '_') || '_target';

-- Described data sets of which the session's account sees the rows.
create function access.own_datasets() returns text[]
language sql stable security definer set search_path = '' as $$
    select coalesce(array_agg(dataset_id), '{}') from catalog.dataset
    where is_shared or account_id = access.account_id()
$$;
