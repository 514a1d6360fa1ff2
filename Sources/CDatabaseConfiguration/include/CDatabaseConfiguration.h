#ifndef LIKENESS_CDATABASECONFIGURATION_H
#define LIKENESS_CDATABASECONFIGURATION_H

/// `sqlite3_db_config` takes a variable number of arguments, which Swift cannot call. Both take an SQLite connection
/// (`sqlite3 *`), and return SQLite's result code.

/// Lets a connection run triggers, or not.
int likeness_enable_triggers(void *connection, int enabled);

/// Lets a connection, where it is the last one to a database, leave the write-ahead log as it is when it is closed, or write
/// it into the file and remove it, as SQLite does by itself.
int likeness_keep_log(void *connection, int kept);

#endif
