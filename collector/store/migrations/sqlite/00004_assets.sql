-- +goose Up
CREATE TABLE assets (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  blob TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sum BLOB NOT NULL,
  PRIMARY KEY (site, id)
);
CREATE TABLE asset_uses (
  session TEXT NOT NULL,
  site TEXT NOT NULL,
  asset TEXT NOT NULL,
  PRIMARY KEY (session, asset)
);
CREATE INDEX asset_uses_by_asset ON asset_uses (site, asset);
