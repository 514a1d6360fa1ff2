-- Version 4: what kinds of change there are is said so that SQLite builds no list of them for every row it checks.
-- Runs in one transaction on a gallery of version 3; the library opens one around it, and copies the file before.

PRAGMA user_version = 4;

DROP TRIGGER IF EXISTS embedding_inserted;
DROP TRIGGER IF EXISTS embedding_updated;
DROP TRIGGER IF EXISTS embedding_deleted;
-- Views of others, and triggers of theirs on other tables, go on meaning the table `change`; what they have put on that
-- table itself, a trigger or an index, goes.
PRAGMA legacy_alter_table = ON;
ALTER TABLE change RENAME TO change_of_version_3;
PRAGMA legacy_alter_table = OFF;

CREATE TABLE change (
  -- What happened to vectors, in the order of commits, so that an index in memory can follow. Triggers write it, the
  -- library prunes it. Deleting from it by hand costs every open gallery one pass over all rows, nothing else.
  sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
  embedding_id INTEGER NOT NULL,
  kind         TEXT NOT NULL CHECK (kind = 'insert' OR kind = 'update' OR kind = 'delete')
) STRICT;
INSERT INTO change SELECT * FROM change_of_version_3;
-- Numbers go on where they were, also where all changes were pruned.
DELETE FROM sqlite_sequence WHERE name = 'change';
UPDATE sqlite_sequence SET name = 'change' WHERE name = 'change_of_version_3';
DROP TABLE change_of_version_3;

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
