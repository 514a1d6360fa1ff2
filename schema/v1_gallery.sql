-- A Likeness gallery, version 1: who is known, what they look like to an embedder, and the embedder itself.
-- A gallery can be made with nothing but this file: sqlite3 new.gallery < v1_gallery.sql
-- Runs in one transaction; the library opens one around it.

PRAGMA application_id = 1279871813;  -- the letters LIKE
PRAGMA user_version = 1;

CREATE TABLE embedder (
  -- A trained function from an input to a vector. Vectors of two embedders are never compared.
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  kind       TEXT NOT NULL,      -- image, series, word, caption; vector: made elsewhere
  dimension  INTEGER NOT NULL,
  metric     TEXT NOT NULL,      -- euclidean, cosine or dot
  sha256     TEXT,               -- of the model
  card       TEXT NOT NULL DEFAULT '{}',   -- the model card, a JSON object
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  model      BLOB,               -- the model file itself, last because it is large
  CONSTRAINT "a name has letters and no NUL"
    CHECK (trim(name, ' ' || char(9, 10, 13)) <> '' AND instr(name, char(0)) = 0),
  CONSTRAINT "a kind has a name" CHECK (kind <> ''),
  CONSTRAINT "a dimension is from 1 to 65536" CHECK (dimension BETWEEN 1 AND 65536),
  CONSTRAINT "a metric is euclidean, cosine or dot" CHECK (metric IN ('euclidean', 'cosine', 'dot')),
  CONSTRAINT "sha256 is 64 lower-case hexadecimal digits"
    CHECK (sha256 NOT GLOB '*[^0-9a-f]*' AND length(sha256) = 64),
  CONSTRAINT "a model has a sha256" CHECK (model IS NULL OR sha256 IS NOT NULL),
  CONSTRAINT "card is a JSON object" CHECK (iif(json_valid(card), json_type(card) = 'object', 0))
) STRICT;

CREATE TABLE identity (
  -- Who or what is recognised. Its id is never used again, also not after it was forgotten.
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL UNIQUE,
  attributes TEXT NOT NULL DEFAULT '{}',   -- a JSON object
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "a name has letters and no NUL"
    CHECK (trim(name, ' ' || char(9, 10, 13)) <> '' AND instr(name, char(0)) = 0),
  CONSTRAINT "attributes are a JSON object" CHECK (iif(json_valid(attributes), json_type(attributes) = 'object', 0))
) STRICT;

CREATE TABLE embedding (
  -- One vector of one identity. Its id is never used again.
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  identity_id   INTEGER NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
  embedder_id   INTEGER NOT NULL REFERENCES embedder (id),
  source        TEXT,   -- a path, a URL, a line of a file
  source_sha256 TEXT,   -- of what the vector was made from
  quality       REAL,   -- of the input; larger is better, the scale is the embedder's
  attributes    TEXT NOT NULL DEFAULT '{}',   -- a JSON object
  created_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  vector        BLOB NOT NULL,   -- little-endian float32, 4 x dimension bytes: numpy.frombuffer(vector, '<f4')
  CONSTRAINT "source_sha256 is 64 lower-case hexadecimal digits"
    CHECK (source_sha256 NOT GLOB '*[^0-9a-f]*' AND length(source_sha256) = 64),
  CONSTRAINT "attributes are a JSON object" CHECK (iif(json_valid(attributes), json_type(attributes) = 'object', 0))
) STRICT;

CREATE INDEX embedding_identity ON embedding (identity_id);

CREATE TABLE change (
  -- What happened to vectors, in the order of commits, so that an index in memory can follow. Triggers write it, the
  -- library prunes it. Deleting from it by hand costs every open gallery one pass over all rows, nothing else.
  sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
  embedding_id INTEGER NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('insert', 'update', 'delete'))
) STRICT;

CREATE TABLE erasure (
  -- A row here says that rows were deleted whose bytes may still be in the file: the library overwrites them, and then
  -- takes the row away. It is there for longer only while a reader is in the way, or after a crash.
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  since TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TRIGGER embedding_checked_on_insert BEFORE INSERT ON embedding BEGIN
  -- Also for writers who left foreign_keys off, which is SQLite's default.
  SELECT RAISE(ABORT, 'embedding.embedder_id names no embedder')
    WHERE NOT EXISTS (SELECT 1 FROM embedder WHERE id = NEW.embedder_id);
  SELECT RAISE(ABORT, 'embedding.identity_id names no identity')
    WHERE NOT EXISTS (SELECT 1 FROM identity WHERE id = NEW.identity_id);
  SELECT RAISE(ABORT, 'embedding.vector must have 4 x dimension bytes: float32, little-endian')
    WHERE length(NEW.vector) <> 4 * (SELECT dimension FROM embedder WHERE id = NEW.embedder_id);
END;

CREATE TRIGGER embedding_checked_on_update BEFORE UPDATE OF identity_id, embedder_id, vector ON embedding BEGIN
  SELECT RAISE(ABORT, 'embedding.embedder_id names no embedder')
    WHERE NOT EXISTS (SELECT 1 FROM embedder WHERE id = NEW.embedder_id);
  SELECT RAISE(ABORT, 'embedding.identity_id names no identity')
    WHERE NOT EXISTS (SELECT 1 FROM identity WHERE id = NEW.identity_id);
  SELECT RAISE(ABORT, 'embedding.vector must have 4 x dimension bytes: float32, little-endian')
    WHERE length(NEW.vector) <> 4 * (SELECT dimension FROM embedder WHERE id = NEW.embedder_id);
END;

CREATE TRIGGER embedding_inserted AFTER INSERT ON embedding BEGIN
  INSERT INTO change (embedding_id, kind) VALUES (NEW.id, 'insert');
END;

CREATE TRIGGER embedding_updated AFTER UPDATE OF id, embedder_id, vector ON embedding BEGIN
  -- Another identity for the same vector (merge) is no change to an index.
  INSERT INTO change (embedding_id, kind) SELECT OLD.id, 'delete' WHERE OLD.id <> NEW.id;
  INSERT INTO change (embedding_id, kind) VALUES (NEW.id, 'update');
END;

CREATE TRIGGER embedding_deleted AFTER DELETE ON embedding BEGIN
  INSERT INTO change (embedding_id, kind) VALUES (OLD.id, 'delete');
END;

CREATE TRIGGER identity_deleted AFTER DELETE ON identity BEGIN
  -- The cascade, for writers who left foreign_keys off.
  DELETE FROM embedding WHERE identity_id = OLD.id;
END;

CREATE TRIGGER embedder_frozen BEFORE UPDATE OF id, dimension, metric, sha256, model ON embedder
  WHEN EXISTS (SELECT 1 FROM embedding WHERE embedder_id = OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'this embedder has embeddings: they would no longer be its own');
END;

CREATE TRIGGER embedder_kept BEFORE DELETE ON embedder
  WHEN EXISTS (SELECT 1 FROM embedding WHERE embedder_id = OLD.id)
BEGIN
  SELECT RAISE(ABORT, 'this embedder has embeddings: delete them first');
END;

CREATE TABLE training_run (
  -- One training of an embedder, finished or not.
  id            INTEGER PRIMARY KEY,
  embedder_id   INTEGER REFERENCES embedder (id) ON DELETE SET NULL,   -- what came of it
  recipe        TEXT NOT NULL,   -- faces, pictures, series, words, captions, pca
  configuration TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(configuration)),   -- loss, miner, rates: as asked for
  seed          INTEGER,
  result        TEXT CHECK (json_valid(result)),   -- what evaluation said at the end
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

CREATE VIEW identities AS
  -- One row an identity: SELECT * FROM identities ORDER BY embeddings DESC;
  SELECT i.id, i.name, count(e.id) AS embeddings, min(e.created_at) AS first_enrolled,
         max(e.created_at) AS last_enrolled, round(avg(e.quality), 3) AS mean_quality, i.attributes
  FROM identity AS i LEFT JOIN embedding AS e ON e.identity_id = i.id
  GROUP BY i.id;

CREATE VIEW embedders AS
  -- One row an embedder.
  SELECT m.id, m.name, m.kind, m.dimension, m.metric,
         (SELECT count(*) FROM embedding AS e WHERE e.embedder_id = m.id) AS embeddings,
         (SELECT count(DISTINCT e.identity_id) FROM embedding AS e WHERE e.embedder_id = m.id) AS identities,
         ifnull(length(m.model), 0) AS model_bytes, m.sha256, m.created_at
  FROM embedder AS m;

CREATE VIEW training_runs AS
  -- One row a training run.
  SELECT r.id, r.recipe, m.name AS embedder, count(t.epoch) AS epochs, min(t.loss) AS best_loss,
         min(t.validation_loss) AS best_validation_loss, round(sum(t.seconds), 1) AS seconds, r.seed, r.started_at,
         r.finished_at
  FROM training_run AS r LEFT JOIN embedder AS m ON m.id = r.embedder_id
       LEFT JOIN training_epoch AS t ON t.run_id = r.id
  GROUP BY r.id;
