-- Which lines made a test of the marts fail: the answer to "342 tests failed: which rows?"
create table catalog.failed_test_line (
    transform_run_id integer not null references catalog.transform_run on delete cascade,
    node_id text not null, -- of the test, as in catalog.transform_result
    submission_id integer not null references catalog.submission,
    line_number bigint, -- null: the model does not say from which lines of the file its rows come
    unique nulls not distinct (transform_run_id, node_id, submission_id, line_number)
);
create index failed_test_line_by_submission on catalog.failed_test_line (submission_id, transform_run_id);
