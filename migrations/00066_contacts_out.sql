-- +goose Up
-- Those who opted out are few of many: each order and search of a list finds them without reading the others.
CREATE INDEX contacts_out ON contacts (list_id, created_at, id) WHERE opted_out_at IS NOT NULL;
CREATE INDEX contacts_out_email ON contacts (list_id, email_key, id) WHERE opted_out_at IS NOT NULL;
CREATE INDEX contacts_out_name ON contacts (list_id, name_key, id) WHERE opted_out_at IS NOT NULL;
CREATE INDEX contacts_out_last ON contacts (list_id, last_key, id) WHERE opted_out_at IS NOT NULL;
CREATE INDEX contacts_out_ref ON contacts (list_id, external_ref, id) WHERE opted_out_at IS NOT NULL AND external_ref <> '';

-- +goose Down
DROP INDEX contacts_out_ref;
DROP INDEX contacts_out_last;
DROP INDEX contacts_out_name;
DROP INDEX contacts_out_email;
DROP INDEX contacts_out;
