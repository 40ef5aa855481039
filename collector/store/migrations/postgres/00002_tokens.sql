-- +goose Up
CREATE TABLE api_tokens (
  name TEXT PRIMARY KEY,
  token_hash BYTEA NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);
