-- +goose Up
CREATE TABLE contact_lists (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    owner_id TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    shared BOOLEAN NOT NULL,
    made_for TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX contact_lists_org ON contact_lists (org_id, created_at, id);

-- A contact belongs to one list. What is searched by its beginning has a key in lower case; no two contacts have the same
-- dedupe, which names the fact that made one.
CREATE TABLE contacts (
    id TEXT COLLATE "C" PRIMARY KEY,
    org_id TEXT COLLATE "C" NOT NULL,
    list_id TEXT COLLATE "C" NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL,
    email_hash TEXT COLLATE "C" NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    last_key TEXT COLLATE "C" NOT NULL,
    phone TEXT NOT NULL,
    language TEXT NOT NULL,
    external_ref TEXT COLLATE "C" NOT NULL,
    fields TEXT NOT NULL,
    tags TEXT NOT NULL,
    opted_out_at TIMESTAMPTZ,
    bounced_at TIMESTAMPTZ,
    bounce_reason TEXT NOT NULL DEFAULT '',
    dedupe TEXT COLLATE "C",
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX contacts_list ON contacts (list_id, id);
CREATE INDEX contacts_newest ON contacts (list_id, created_at, id);
CREATE INDEX contacts_email ON contacts (list_id, email_key, id);
CREATE INDEX contacts_name ON contacts (list_id, name_key, id);
CREATE INDEX contacts_last ON contacts (list_id, last_key, id);
CREATE INDEX contacts_ref ON contacts (list_id, external_ref, id) WHERE external_ref <> '';
CREATE INDEX contacts_person ON contacts (org_id, email_hash, id) WHERE email_hash <> '';
CREATE UNIQUE INDEX contacts_dedupe ON contacts (dedupe) WHERE dedupe IS NOT NULL;

CREATE TABLE contact_tags (
    list_id TEXT COLLATE "C" NOT NULL,
    tag TEXT COLLATE "C" NOT NULL,
    contact_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (list_id, tag, contact_id)
) /* sqlite: WITHOUT ROWID */;
CREATE INDEX contact_tags_contact ON contact_tags (contact_id);

-- How many contacts a list has. Counted in shards, so that writes side by side do not wait for one another's row.
CREATE TABLE contact_counts (
    list_id TEXT COLLATE "C" NOT NULL,
    shard INTEGER NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (list_id, shard)
) /* sqlite: WITHOUT ROWID */;

-- People whom nobody of the organisation may write to, by the SHA-256 of their address: it has to be known for as long as the
-- address itself is not.
CREATE TABLE opt_outs (
    org_id TEXT COLLATE "C" NOT NULL,
    email_hash TEXT COLLATE "C" NOT NULL,
    source TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (org_id, email_hash)
);

-- +goose Down
DROP TABLE opt_outs;
DROP TABLE contact_counts;
DROP TABLE contact_tags;
DROP TABLE contacts;
DROP TABLE contact_lists;
