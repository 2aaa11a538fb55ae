-- Version 1 of a votes file. Texts are kept as fingerprints only.
CREATE TABLE texts (
  prompt_id TEXT NOT NULL,
  system TEXT NOT NULL,
  lang TEXT NOT NULL,
  task TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (prompt_id, system)
) STRICT, WITHOUT ROWID;

CREATE TABLE voters (
  voter TEXT PRIMARY KEY,
  date TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Pairs that voters have before them. The ticket is the only way to vote on one.
CREATE TABLE shown (
  ticket TEXT PRIMARY KEY,
  voter TEXT NOT NULL REFERENCES voters,
  task TEXT NOT NULL,
  prompt_id TEXT NOT NULL,
  system_a TEXT NOT NULL,
  system_b TEXT NOT NULL,
  UNIQUE (voter, task)
) STRICT, WITHOUT ROWID;

-- System a stood on the left. Imported votes have neither ticket nor date.
CREATE TABLE votes (
  number INTEGER PRIMARY KEY,
  ticket TEXT UNIQUE,
  voter TEXT NOT NULL,
  task TEXT NOT NULL,
  prompt_id TEXT NOT NULL,
  system_a TEXT NOT NULL,
  system_b TEXT NOT NULL,
  vote TEXT NOT NULL CHECK (vote IN ('a', 'b', 't', 'n')),
  date TEXT,
  CHECK (system_a <> system_b),
  FOREIGN KEY (prompt_id, system_a) REFERENCES texts,
  FOREIGN KEY (prompt_id, system_b) REFERENCES texts
) STRICT;

CREATE UNIQUE INDEX one_vote_each
  ON votes (voter, prompt_id, min(system_a, system_b), max(system_a, system_b));
CREATE INDEX last_vote ON votes (voter, task, number);
