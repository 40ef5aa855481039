-- +goose Up
ALTER TABLE blob_garbage ADD COLUMN due_ms INTEGER NOT NULL DEFAULT 0;
