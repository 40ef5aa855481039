-- +goose Up
CREATE TABLE opted_out (
  site TEXT NOT NULL,
  visitor_tag TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (site, visitor_tag)
);
