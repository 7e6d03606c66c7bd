-- +goose Up
CREATE TABLE compute_services (
    id              BIGINT NOT NULL,
    uuid            TEXT NOT NULL,
    service_binary  TEXT NOT NULL,
    host            TEXT NOT NULL,
    zone            TEXT NOT NULL,
    disabled        BOOLEAN NOT NULL,
    disabled_reason TEXT,
    forced_down     BOOLEAN NOT NULL,
    seen_at         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    CONSTRAINT compute_services_id PRIMARY KEY (id),
    CONSTRAINT compute_services_uuid UNIQUE (uuid),
    CONSTRAINT compute_services_key UNIQUE (service_binary, host)
);

-- What a compute host has, as its agent reported it, and what is given away.
-- The used columns change with the allocations, in the same transaction.
CREATE TABLE hypervisors (
    id           BIGINT NOT NULL,
    uuid         TEXT NOT NULL,
    hostname     TEXT NOT NULL,
    type         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    host_ip      TEXT NOT NULL,
    vcpus        BIGINT NOT NULL,
    memory_mib   BIGINT NOT NULL,
    disk_gib     BIGINT NOT NULL,
    cpu_info     TEXT NOT NULL,
    uptime       TEXT NOT NULL,
    vcpus_used   BIGINT NOT NULL,
    memory_used  BIGINT NOT NULL,
    disk_used    BIGINT NOT NULL,
    generation   BIGINT NOT NULL,
    CONSTRAINT hypervisors_id PRIMARY KEY (id),
    CONSTRAINT hypervisors_uuid UNIQUE (uuid),
    CONSTRAINT hypervisors_hostname UNIQUE (hostname)
);

CREATE TABLE allocations (
    server_id  TEXT NOT NULL,
    hostname   TEXT NOT NULL,
    vcpus      BIGINT NOT NULL,
    memory_mib BIGINT NOT NULL,
    disk_gib   BIGINT NOT NULL,
    CONSTRAINT allocations_key PRIMARY KEY (server_id, hostname)
);
CREATE INDEX allocations_by_host ON allocations (hostname);

CREATE TABLE networks (
    id         TEXT NOT NULL,
    name       TEXT NOT NULL,
    project_id TEXT NOT NULL,
    shared     BOOLEAN NOT NULL,
    cidr       TEXT NOT NULL,
    gateway    TEXT NOT NULL,
    mtu        INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT networks_id PRIMARY KEY (id)
);

-- ip_number is the address as an integer, to find a free one in order.
CREATE TABLE ports (
    id         TEXT NOT NULL,
    network_id TEXT NOT NULL REFERENCES networks (id),
    server_id  TEXT NOT NULL,
    project_id TEXT NOT NULL,
    position   INTEGER NOT NULL,
    mac        TEXT NOT NULL,
    ip         TEXT NOT NULL,
    ip_number  BIGINT NOT NULL,
    tag        TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT ports_id PRIMARY KEY (id),
    CONSTRAINT ports_mac UNIQUE (mac),
    CONSTRAINT ports_network_id_ip_number UNIQUE (network_id, ip_number),
    CONSTRAINT ports_position UNIQUE (server_id, position)
);

-- +goose Down
DROP TABLE ports;
DROP TABLE networks;
DROP TABLE allocations;
DROP TABLE hypervisors;
DROP TABLE compute_services;
