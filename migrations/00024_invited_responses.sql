-- +goose Up
CREATE INDEX invitations_response ON invitations (response_id) WHERE response_id IS NOT NULL;

-- +goose Down
DROP INDEX invitations_response;
