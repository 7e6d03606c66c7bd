-- +goose Up
CREATE TABLE domains (
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    enabled     BOOLEAN NOT NULL,
    tags        TEXT NOT NULL,
    immutable   BOOLEAN,
    CONSTRAINT domains_id PRIMARY KEY (id),
    CONSTRAINT domains_name UNIQUE (name)
);

CREATE TABLE projects (
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    domain_id   TEXT NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
    description TEXT NOT NULL,
    enabled     BOOLEAN NOT NULL,
    tags        TEXT NOT NULL,
    immutable   BOOLEAN,
    CONSTRAINT projects_id PRIMARY KEY (id),
    CONSTRAINT projects_domain_id_name UNIQUE (domain_id, name)
);

CREATE TABLE users (
    id                 TEXT NOT NULL,
    name               TEXT NOT NULL,
    domain_id          TEXT NOT NULL REFERENCES domains (id) ON DELETE CASCADE,
    enabled            BOOLEAN NOT NULL,
    email              TEXT,
    description        TEXT,
    default_project_id TEXT NOT NULL,
    password_hash      TEXT NOT NULL,
    options            TEXT NOT NULL,
    CONSTRAINT users_id PRIMARY KEY (id),
    CONSTRAINT users_domain_id_name UNIQUE (domain_id, name)
);

CREATE TABLE roles (
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT,
    immutable   BOOLEAN,
    CONSTRAINT roles_id PRIMARY KEY (id),
    CONSTRAINT roles_name UNIQUE (name)
);

CREATE TABLE role_implications (
    prior_id   TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    implied_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    CONSTRAINT role_implications_prior_id_implied_id PRIMARY KEY (prior_id, implied_id)
);

CREATE INDEX role_implications_implied_id ON role_implications (implied_id);

-- target_id is a project's or a domain's id by kind, empty for the system.
CREATE TABLE role_assignments (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind      TEXT NOT NULL,
    target_id TEXT NOT NULL,
    role_id   TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    CONSTRAINT role_assignments_user_id_kind_target_id_role_id PRIMARY KEY (user_id, kind, target_id, role_id)
);

CREATE INDEX role_assignments_kind_target_id ON role_assignments (kind, target_id);
CREATE INDEX role_assignments_role_id ON role_assignments (role_id);

CREATE TABLE regions (
    id          TEXT NOT NULL,
    description TEXT NOT NULL,
    parent_id   TEXT REFERENCES regions (id),
    enabled     BOOLEAN,
    CONSTRAINT regions_id PRIMARY KEY (id)
);

CREATE INDEX regions_parent_id ON regions (parent_id);

CREATE TABLE catalog_services (
    id          TEXT NOT NULL,
    type        TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT,
    enabled     BOOLEAN NOT NULL,
    CONSTRAINT catalog_services_id PRIMARY KEY (id)
);

CREATE TABLE catalog_endpoints (
    id         TEXT NOT NULL,
    service_id TEXT NOT NULL REFERENCES catalog_services (id) ON DELETE CASCADE,
    interface  TEXT NOT NULL,
    region_id  TEXT REFERENCES regions (id),
    url        TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    CONSTRAINT catalog_endpoints_id PRIMARY KEY (id)
);

CREATE INDEX catalog_endpoints_service_id ON catalog_endpoints (service_id);
CREATE INDEX catalog_endpoints_region_id ON catalog_endpoints (region_id);

-- One row per thing: a later revocation covers the earlier ones.
CREATE TABLE revocations (
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    before_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT revocations_kind_id PRIMARY KEY (kind, id)
);

CREATE INDEX revocations_expires_at ON revocations (expires_at);

-- Counts the changes that may change what a token is good for.
CREATE TABLE identity_revision (
    id       INTEGER NOT NULL,
    revision BIGINT NOT NULL,
    CONSTRAINT identity_revision_id PRIMARY KEY (id)
);

INSERT INTO identity_revision (id, revision) VALUES (1, 1);

-- +goose Down
DROP TABLE identity_revision;
DROP TABLE revocations;
DROP TABLE catalog_endpoints;
DROP TABLE catalog_services;
DROP TABLE regions;
DROP TABLE role_assignments;
DROP TABLE role_implications;
DROP TABLE roles;
DROP TABLE users;
DROP TABLE projects;
DROP TABLE domains;
