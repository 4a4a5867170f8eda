-- Cards of described data sets listed every text of the rows that a model had learnt from, free texts as well.
update predictions.model
set card = jsonb_set(card, '{training_profile}', '{}')
where described_dataset_id is not null and card ? 'training_profile';
