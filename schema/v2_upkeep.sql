-- Version 2: vectors that can be checked, whom a model was trained on, copies of the file, imports that can be resumed.
-- Runs in one transaction on a gallery of version 1; the library opens one around it, and copies the file before.

PRAGMA user_version = 2;

-- A column that is added stands before the comment of the one it follows.
ALTER TABLE embedding ADD COLUMN crc32 /* zlib.crc32(vector), NULL where not given; and vector is */ INTEGER;

CREATE TRIGGER embedding_unchecked AFTER UPDATE OF vector ON embedding
  WHEN NEW.crc32 IS OLD.crc32 AND NEW.vector IS NOT OLD.vector
BEGIN
  -- Another hand's vector: the checksum is not its own.
  UPDATE embedding SET crc32 = NULL WHERE id = NEW.id;
END;

-- Trainings anew: in version 1 none could be kept before it had a result, as json_valid(NULL) is false in older SQLite.
CREATE TABLE training_run_v1 AS SELECT * FROM training_run;
CREATE TABLE training_epoch_v1 AS SELECT * FROM training_epoch;
DROP VIEW training_runs;
DROP TABLE training_epoch;
DROP TABLE training_run;

CREATE TABLE training_run (
  -- One training of an embedder, finished or not.
  id            INTEGER PRIMARY KEY,
  embedder_id   INTEGER REFERENCES embedder (id) ON DELETE SET NULL,   -- what came of it, where that is here
  recipe        TEXT NOT NULL,   -- faces, pictures, series, words, captions, pca
  configuration TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(configuration)),   -- loss, miner, rates: as asked for
  seed          INTEGER,
  result        TEXT CHECK (result IS NULL OR json_valid(result)),   -- what evaluation said at the end
  model_name    TEXT,   -- what people call the model that came of it, here or not
  model_sha256  TEXT,   -- of that model
  started_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  finished_at   TEXT   -- NULL: still running, or stopped
) STRICT;

CREATE TABLE training_epoch (
  -- One pass over the training data.
  run_id          INTEGER NOT NULL REFERENCES training_run (id) ON DELETE CASCADE,
  epoch           INTEGER NOT NULL CHECK (epoch >= 0),
  loss            REAL NOT NULL,   -- the epoch's mean
  validation_loss REAL,
  metrics         TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metrics)),   -- rank-1, EER and what else was measured
  seconds         REAL,
  PRIMARY KEY (run_id, epoch)
) STRICT, WITHOUT ROWID;

INSERT INTO training_run (id, embedder_id, recipe, configuration, seed, result, started_at, finished_at)
  SELECT id, embedder_id, recipe, configuration, seed, result, started_at, finished_at FROM training_run_v1;
INSERT INTO training_epoch (run_id, epoch, loss, validation_loss, metrics, seconds)
  SELECT run_id, epoch, loss, validation_loss, metrics, seconds FROM training_epoch_v1;
DROP TABLE training_run_v1;
DROP TABLE training_epoch_v1;

CREATE TABLE training_member (
  -- Whom a model was trained on: one row an identity of a run's training set, so that forgetting somebody can say
  -- which models keep something of them. Names are hashed, as in model cards: most of these people are not enrolled
  -- here. A hash hides a name from readers, not from somebody who tries names.
  run_id      INTEGER NOT NULL REFERENCES training_run (id) ON DELETE CASCADE,
  name_sha256 TEXT NOT NULL,   -- of the name, UTF-8, composed (NFC), lower-case hexadecimal
  identity_id INTEGER REFERENCES identity (id) ON DELETE CASCADE,   -- who that is here, whatever the name is by now
  PRIMARY KEY (run_id, name_sha256),
  CONSTRAINT "name_sha256 is 64 lower-case hexadecimal digits"
    CHECK (name_sha256 NOT GLOB '*[^0-9a-f]*' AND length(name_sha256) = 64)
) STRICT, WITHOUT ROWID;

CREATE INDEX training_member_name ON training_member (name_sha256);
CREATE INDEX training_member_identity ON training_member (identity_id) WHERE identity_id IS NOT NULL;

CREATE TRIGGER identity_left_training AFTER DELETE ON identity BEGIN
  -- The cascade, for writers who left foreign_keys off.
  DELETE FROM training_member WHERE identity_id = OLD.id;
END;

CREATE TRIGGER embedder_trained AFTER INSERT ON embedder WHEN NEW.sha256 IS NOT NULL BEGIN
  -- A model that was trained before it came here.
  UPDATE training_run SET embedder_id = NEW.id WHERE embedder_id IS NULL AND model_sha256 = NEW.sha256;
END;

CREATE TABLE copy (
  -- Copies of this gallery that the library made, and in which somebody who was forgotten here may still be.
  path    TEXT PRIMARY KEY,   -- absolute
  reason  TEXT NOT NULL CHECK (reason IN ('backup', 'migration', 'repair')),   -- the last two were made unasked
  made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TABLE import_progress (
  -- How far a file was imported. Written in the transaction that enrolls a batch of it, so that an import that was cut
  -- off goes on where the rows end. It stays after the last batch, so that the same file is known to be done.
  source      TEXT PRIMARY KEY,   -- the file, as its absolute path
  fingerprint TEXT NOT NULL,      -- by which the file is known to be the same: its size and a hash, say
  records     INTEGER NOT NULL CHECK (records >= 0),   -- how many of its records are enrolled
  position    INTEGER NOT NULL CHECK (position >= 0),  -- the byte at which the next record begins
  settings    TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(settings)),   -- what else has to be as it was
  started_at  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at  TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT, WITHOUT ROWID;

CREATE VIEW training_runs AS
  -- One row a training run.
  SELECT r.id, r.recipe, ifnull(m.name, r.model_name) AS model, count(t.epoch) AS epochs, min(t.loss) AS best_loss,
         min(t.validation_loss) AS best_validation_loss, round(sum(t.seconds), 1) AS seconds,
         (SELECT count(*) FROM training_member AS p WHERE p.run_id = r.id) AS identities,
         r.seed, r.started_at, r.finished_at
  FROM training_run AS r LEFT JOIN embedder AS m ON m.id = r.embedder_id
       LEFT JOIN training_epoch AS t ON t.run_id = r.id
  GROUP BY r.id;
