#include "CDatabaseConfiguration.h"

#include <sqlite3.h>
#include <stddef.h>

int likeness_enable_triggers(void *connection, int enabled) {
  return sqlite3_db_config((sqlite3 *)connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, enabled, (int *)NULL);
}

int likeness_keep_log(void *connection, int kept) {
  return sqlite3_db_config((sqlite3 *)connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, kept, (int *)NULL);
}
