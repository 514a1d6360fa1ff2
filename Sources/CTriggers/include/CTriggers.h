#ifndef LIKENESS_CTRIGGERS_H
#define LIKENESS_CTRIGGERS_H

/// Lets an SQLite connection (`sqlite3 *`) run triggers, or not. Returns SQLite's result code.
///
/// `sqlite3_db_config` takes a variable number of arguments, which Swift cannot call.
int likeness_enable_triggers(void *connection, int enabled);

#endif
