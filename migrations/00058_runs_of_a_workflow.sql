-- +goose Up
-- With the person, so that a search within a workflow is answered from the index alone: else it reads a page of the table for each
-- run of the workflow that the name does not fit.
DROP INDEX runs_workflow;
CREATE INDEX runs_workflow ON runs (workflow_id, status, id, person_email, person_name, person_last);

-- +goose Down
DROP INDEX runs_workflow;
CREATE INDEX runs_workflow ON runs (workflow_id, status, id);
