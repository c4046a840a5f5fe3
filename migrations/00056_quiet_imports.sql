-- +goose Up
-- quiet: the new contacts are not invited through the open e-mail collectors of the list.
ALTER TABLE contact_imports ADD COLUMN quiet BOOLEAN NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE contact_imports DROP COLUMN quiet;
