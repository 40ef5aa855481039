-- +goose Up
ALTER TABLE blob_garbage ADD COLUMN due_ms BIGINT NOT NULL DEFAULT 0;
