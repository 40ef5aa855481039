-- +goose Up
CREATE TABLE api_tokens (
  name TEXT PRIMARY KEY,
  token_hash BLOB NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  created_ms INTEGER NOT NULL
);
