-- +goose Up
-- A server that is gone keeps its row, with deleted_at, for its history.
CREATE TABLE servers (
    id              TEXT NOT NULL,
    number          BIGINT NOT NULL,
    name            TEXT NOT NULL,
    hostname        TEXT NOT NULL,
    description     TEXT,
    project_id      TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    vm_state        TEXT NOT NULL,
    task_state      TEXT NOT NULL,
    power_state     INTEGER NOT NULL,
    progress        INTEGER NOT NULL,
    host            TEXT NOT NULL,
    node            TEXT NOT NULL,
    zone            TEXT NOT NULL,
    pinned_zone     TEXT NOT NULL,
    flavor_id       TEXT NOT NULL,
    flavor          TEXT NOT NULL,
    image_id        TEXT NOT NULL,
    image_props     TEXT NOT NULL,
    kernel_id       TEXT NOT NULL,
    ramdisk_id      TEXT NOT NULL,
    boot            TEXT NOT NULL,
    key_name        TEXT NOT NULL,
    public_key      TEXT NOT NULL,
    metadata        TEXT NOT NULL,
    tags            TEXT NOT NULL,
    user_data       TEXT NOT NULL,
    files           TEXT NOT NULL,
    config_drive    BOOLEAN NOT NULL,
    access_ip_v4    TEXT NOT NULL,
    access_ip_v6    TEXT NOT NULL,
    disk_config     TEXT NOT NULL,
    launch_index    INTEGER NOT NULL,
    reservation_id  TEXT NOT NULL,
    root_device     TEXT NOT NULL,
    security_groups TEXT NOT NULL,
    hints           TEXT NOT NULL,
    trusted_certs   TEXT NOT NULL,
    locked          BOOLEAN NOT NULL,
    locked_by       TEXT NOT NULL,
    locked_reason   TEXT,
    fault           TEXT NOT NULL,
    revision        BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    launched_at     BIGINT,
    terminated_at   BIGINT,
    deleted_at      BIGINT,
    CONSTRAINT servers_id PRIMARY KEY (id)
);
-- The default order of lists. Those that are gone, which may be most, are in
-- neither; who asks for them waits for a scan.
CREATE INDEX servers_by_project ON servers (project_id, created_at DESC, number DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX servers_by_age ON servers (created_at DESC, number DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX servers_by_change ON servers (project_id, updated_at);
CREATE INDEX servers_by_host ON servers (host, vm_state);

-- What each project has of what quotas count; changed with the servers, in the
-- same transaction, so that the sum cannot be overrun by two requests at once.
CREATE TABLE usages (
    project_id TEXT NOT NULL,
    instances  BIGINT NOT NULL,
    cores      BIGINT NOT NULL,
    ram_mib    BIGINT NOT NULL,
    CONSTRAINT usages_project PRIMARY KEY (project_id)
);

-- Limits that differ from the defaults, of a project or of one user in it.
CREATE TABLE quotas (
    project_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    resource   TEXT NOT NULL,
    hard_limit BIGINT NOT NULL,
    CONSTRAINT quotas_key PRIMARY KEY (project_id, user_id, resource)
);

CREATE TABLE keypairs (
    id          BIGINT NOT NULL,
    user_id     TEXT NOT NULL,
    name        TEXT NOT NULL,
    type        TEXT NOT NULL,
    public_key  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    CONSTRAINT keypairs_user_id_name PRIMARY KEY (user_id, name)
);

CREATE TABLE instance_actions (
    id         BIGINT NOT NULL,
    server_id  TEXT NOT NULL,
    request_id TEXT NOT NULL,
    action     TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    project_id TEXT NOT NULL,
    start_time BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    message    TEXT,
    CONSTRAINT instance_actions_id PRIMARY KEY (id)
);
CREATE INDEX instance_actions_by_server ON instance_actions (server_id, request_id);

CREATE TABLE action_events (
    action_id   BIGINT NOT NULL,
    event       TEXT NOT NULL,
    start_time  BIGINT NOT NULL,
    finish_time BIGINT,
    result      TEXT,
    host        TEXT NOT NULL,
    details     TEXT,
    traceback   TEXT,
    CONSTRAINT action_events_key PRIMARY KEY (action_id, event, start_time)
);

-- Work that has been promised; see cloud.Task.
CREATE TABLE tasks (
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    server_id  TEXT NOT NULL,
    request_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    project_id TEXT NOT NULL,
    step       TEXT NOT NULL,
    args       TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    run_at     BIGINT NOT NULL,
    owner      TEXT NOT NULL,
    lease_ends BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT tasks_id PRIMARY KEY (id)
);
CREATE INDEX tasks_by_time ON tasks (run_at, created_at);
CREATE INDEX tasks_by_server ON tasks (server_id);

-- +goose Down
DROP TABLE tasks;
DROP TABLE action_events;
DROP TABLE instance_actions;
DROP TABLE keypairs;
DROP TABLE quotas;
DROP TABLE usages;
DROP TABLE servers;
