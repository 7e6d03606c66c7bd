-- +goose Up
CREATE TABLE images (
    id               TEXT NOT NULL,
    name             TEXT,
    owner_id         TEXT NOT NULL,
    visibility       TEXT NOT NULL,
    status           TEXT NOT NULL,
    disk_format      TEXT NOT NULL,
    container_format TEXT NOT NULL,
    size_bytes       BIGINT NOT NULL,
    virtual_size     BIGINT NOT NULL,
    md5              TEXT NOT NULL,
    sha512           TEXT NOT NULL,
    min_disk_gib     BIGINT NOT NULL,
    min_ram_mib      BIGINT NOT NULL,
    is_protected     BOOLEAN NOT NULL,
    is_hidden        BOOLEAN NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    -- The upload under way, and the bytes that the image's data takes or has
    -- reserved: they count against the project until they are off the disk.
    upload_id        TEXT NOT NULL,
    stored_bytes     BIGINT NOT NULL,
    CONSTRAINT images_id PRIMARY KEY (id)
);

CREATE INDEX images_created_at_id ON images (created_at, id);
CREATE INDEX images_owner_id ON images (owner_id);
CREATE INDEX images_name ON images (name);

CREATE TABLE image_tags (
    image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    tag      TEXT NOT NULL,
    CONSTRAINT image_tags_image_id_tag PRIMARY KEY (image_id, tag)
);

CREATE INDEX image_tags_tag ON image_tags (tag);

CREATE TABLE image_properties (
    image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    content  TEXT NOT NULL,
    CONSTRAINT image_properties_image_id_name PRIMARY KEY (image_id, name)
);

CREATE TABLE image_members (
    image_id   TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL,
    status     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT image_members_image_id_project_id PRIMARY KEY (image_id, project_id)
);

CREATE INDEX image_members_project_id ON image_members (project_id);

-- One row for each project that ever stored data: its lock while room is
-- reserved.
CREATE TABLE image_projects (
    project_id TEXT NOT NULL,
    CONSTRAINT image_projects_project_id PRIMARY KEY (project_id)
);

-- +goose Down
DROP TABLE image_projects;
DROP TABLE image_members;
DROP TABLE image_properties;
DROP TABLE image_tags;
DROP TABLE images;
