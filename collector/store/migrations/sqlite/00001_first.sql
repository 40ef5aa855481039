-- +goose Up
CREATE TABLE sites (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  site_key TEXT NOT NULL,
  custody TEXT NOT NULL,
  origins TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  sealing_key BLOB NOT NULL,
  wrapped_key BLOB,
  identity_key BLOB,
  signature BLOB,
  settings TEXT NOT NULL,
  settings_version INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
);
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  site TEXT NOT NULL,
  visitor_tag TEXT NOT NULL,
  consent_version TEXT NOT NULL,
  sampled INTEGER NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  segments INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  finished INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  blob TEXT NOT NULL
);
CREATE INDEX sessions_by_site ON sessions (site, last_ms);
CREATE INDEX sessions_by_time ON sessions (last_ms);
CREATE TABLE page_views (
  id TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  tab TEXT NOT NULL,
  ord INTEGER NOT NULL,
  secret_hash BLOB NOT NULL,
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  segments INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  gaps INTEGER NOT NULL,
  blob_ranges TEXT NOT NULL,
  blob_bytes INTEGER NOT NULL
);
CREATE INDEX page_views_by_session ON page_views (session, ord);
CREATE TABLE envelopes (
  page_view TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  envelope BLOB NOT NULL
);
CREATE INDEX envelopes_by_session ON envelopes (session);
CREATE TABLE tombstones (
  session TEXT PRIMARY KEY,
  deleted_ms INTEGER NOT NULL
);
CREATE TABLE blob_garbage (
  blob TEXT PRIMARY KEY
);
CREATE TABLE refusals (
  site TEXT NOT NULL,
  day TEXT NOT NULL,
  code TEXT NOT NULL,
  count INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (site, day, code)
);
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  role TEXT NOT NULL,
  created_ms INTEGER NOT NULL
);
CREATE TABLE sign_in_links (
  token_hash BLOB PRIMARY KEY,
  user_id TEXT NOT NULL,
  expires_ms INTEGER NOT NULL
);
CREATE TABLE logins (
  token_hash BLOB PRIMARY KEY,
  data BLOB NOT NULL,
  expires_ms INTEGER NOT NULL
);
CREATE INDEX logins_by_expiry ON logins (expires_ms);
