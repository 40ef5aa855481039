-- +goose Up
CREATE TABLE shares (
  id TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  keys BLOB NOT NULL
);
CREATE INDEX shares_by_session ON shares (session);
