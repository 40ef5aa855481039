-- +goose Up
ALTER TABLE sites ADD COLUMN notice TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sessions ADD COLUMN privacy_version TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_by_tag ON sessions (site, visitor_tag);
CREATE TABLE site_keys (
  site TEXT NOT NULL,
  public_key BLOB NOT NULL,
  wrapped_key BLOB,
  retired_ms INTEGER NOT NULL,
  PRIMARY KEY (site, public_key)
);
CREATE TABLE envelope_backups (
  file TEXT PRIMARY KEY,
  made_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL
);
CREATE TABLE recorder_counts (
  site TEXT NOT NULL,
  day TEXT NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (site, day, name)
);
CREATE TABLE reports (
  id TEXT PRIMARY KEY,
  site TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  text TEXT NOT NULL,
  contact TEXT NOT NULL
);
CREATE INDEX reports_by_site ON reports (site, at_ms);
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  site TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at_ms);
-- +goose StatementBegin
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
-- +goose StatementEnd
