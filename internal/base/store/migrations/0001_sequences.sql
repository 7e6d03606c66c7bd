-- +goose Up
-- SQLite's numbers; on PostgreSQL the engine's own sequences serve.
CREATE TABLE sequences (
    name       TEXT NOT NULL,
    last_value BIGINT NOT NULL,
    CONSTRAINT sequences_name PRIMARY KEY (name)
);

-- +goose Down
DROP TABLE sequences;
