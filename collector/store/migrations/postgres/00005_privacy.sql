-- +goose Up
ALTER TABLE sites ADD COLUMN notice TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sessions ADD COLUMN privacy_version TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_by_tag ON sessions (site, visitor_tag);
CREATE TABLE site_keys (
  site TEXT NOT NULL,
  public_key BYTEA NOT NULL,
  wrapped_key BYTEA,
  retired_ms BIGINT NOT NULL,
  PRIMARY KEY (site, public_key)
);
CREATE TABLE envelope_backups (
  file TEXT PRIMARY KEY,
  made_ms BIGINT NOT NULL,
  due_ms BIGINT NOT NULL
);
CREATE TABLE recorder_counts (
  site TEXT NOT NULL,
  day TEXT NOT NULL,
  name TEXT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (site, day, name)
);
CREATE TABLE reports (
  id TEXT PRIMARY KEY,
  site TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  text TEXT NOT NULL,
  contact TEXT NOT NULL
);
CREATE INDEX reports_by_site ON reports (site, at_ms);
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  site TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at_ms);
-- +goose StatementBegin
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
