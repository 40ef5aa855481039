-- +goose Up
CREATE TABLE sites (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  site_key TEXT NOT NULL,
  custody TEXT NOT NULL,
  origins TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  sealing_key BYTEA NOT NULL,
  wrapped_key BYTEA,
  identity_key BYTEA,
  signature BYTEA,
  settings TEXT NOT NULL,
  settings_version BIGINT NOT NULL,
  created_ms BIGINT NOT NULL
);
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  site TEXT NOT NULL,
  visitor_tag TEXT NOT NULL,
  consent_version TEXT NOT NULL,
  sampled BIGINT NOT NULL,
  first_ms BIGINT NOT NULL,
  last_ms BIGINT NOT NULL,
  segments BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  finished BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  blob TEXT NOT NULL
);
CREATE INDEX sessions_by_site ON sessions (site, last_ms);
CREATE INDEX sessions_by_time ON sessions (last_ms);
CREATE TABLE page_views (
  id TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  tab TEXT NOT NULL,
  ord BIGINT NOT NULL,
  secret_hash BYTEA NOT NULL,
  first_ms BIGINT NOT NULL,
  last_ms BIGINT NOT NULL,
  segments BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  gaps BIGINT NOT NULL,
  blob_ranges TEXT NOT NULL,
  blob_bytes BIGINT NOT NULL
);
CREATE INDEX page_views_by_session ON page_views (session, ord);
CREATE TABLE envelopes (
  page_view TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  envelope BYTEA NOT NULL
);
CREATE INDEX envelopes_by_session ON envelopes (session);
CREATE TABLE tombstones (
  session TEXT PRIMARY KEY,
  deleted_ms BIGINT NOT NULL
);
CREATE TABLE blob_garbage (
  blob TEXT PRIMARY KEY
);
CREATE TABLE refusals (
  site TEXT NOT NULL,
  day TEXT NOT NULL,
  code TEXT NOT NULL,
  count BIGINT NOT NULL,
  last_ms BIGINT NOT NULL,
  PRIMARY KEY (site, day, code)
);
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  role TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);
CREATE TABLE sign_in_links (
  token_hash BYTEA PRIMARY KEY,
  user_id TEXT NOT NULL,
  expires_ms BIGINT NOT NULL
);
CREATE TABLE logins (
  token_hash BYTEA PRIMARY KEY,
  data BYTEA NOT NULL,
  expires_ms BIGINT NOT NULL
);
CREATE INDEX logins_by_expiry ON logins (expires_ms);
