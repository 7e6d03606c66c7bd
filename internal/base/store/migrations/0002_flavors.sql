-- +goose Up
CREATE TABLE flavors (
    id            TEXT NOT NULL,
    name          TEXT NOT NULL,
    ram_mib       BIGINT NOT NULL,
    vcpus         BIGINT NOT NULL,
    disk_gib      BIGINT NOT NULL,
    ephemeral_gib BIGINT NOT NULL,
    swap_mib      BIGINT NOT NULL,
    rxtx_factor   DOUBLE PRECISION NOT NULL,
    disabled      BOOLEAN NOT NULL,
    is_public     BOOLEAN NOT NULL,
    description   TEXT,
    extra_specs   TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT,
    CONSTRAINT flavors_id PRIMARY KEY (id),
    CONSTRAINT flavors_name UNIQUE (name)
);

CREATE TABLE flavor_access (
    flavor_id  TEXT NOT NULL REFERENCES flavors (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL,
    CONSTRAINT flavor_access_flavor_id_project_id PRIMARY KEY (flavor_id, project_id)
);

CREATE INDEX flavor_access_project_id ON flavor_access (project_id);

-- +goose Down
DROP TABLE flavor_access;
DROP TABLE flavors;
