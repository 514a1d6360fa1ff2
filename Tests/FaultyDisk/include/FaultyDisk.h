#ifndef FAULTY_DISK_H
#define FAULTY_DISK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A disk that fails when it is told to, below SQLite: a VFS around the system's own.
//
// Of the files in one watched folder it knows what they hold now, what they held when they were last synced, and every
// write in between. So at any moment it can say what a power loss would leave: the synced bytes, and of the writes since
// then any sectors, whichever the disk came to. All other files pass through untouched.

/// What is about to happen to a file.
typedef enum {
  FAULTY_DISK_READ = 0,
  FAULTY_DISK_WRITE = 1,
  FAULTY_DISK_SYNC = 2,
  FAULTY_DISK_TRUNCATE = 3,
  FAULTY_DISK_DELETE = 4,
  FAULTY_DISK_OPEN = 5,
} faulty_disk_operation;

/// Decides what becomes of an operation: 0 lets it happen, an SQLite result code refuses it, and of a write, the
/// negative of a code refuses it with half of the bytes written.
///
/// Called with the disk held, so that nothing else happens meanwhile; it may take photographs.
typedef int (*faulty_disk_judge)(void *context, faulty_disk_operation operation, const char *path);

/// Makes the faulty disk SQLite's default VFS. Once a process, before the first connection; returns SQLite's code.
int faulty_disk_install(void);

/// Watches the files whose paths begin with `prefix`; the judge may be null. Forgets everything about other files.
void faulty_disk_watch(const char *prefix, faulty_disk_judge judge, void *context);

/// Watches nothing.
void faulty_disk_unwatch(void);

/// What survives in a photograph.
typedef enum {
  /// Everything written: the process died, the system lives.
  FAULTY_DISK_PROCESS_DIES = 0,
  /// The synced bytes and nothing since.
  FAULTY_DISK_POWER_LOSS_NOTHING = 1,
  /// The synced bytes, and of later writes, sector by sector, whatever chance takes.
  FAULTY_DISK_POWER_LOSS_SECTORS = 2,
  /// The synced bytes, and later writes in their order up to one that is torn.
  FAULTY_DISK_POWER_LOSS_PREFIX = 3,
} faulty_disk_survival;

/// Receives a file of a photograph; `bytes` are the disk's and go with the next operation.
typedef void (*faulty_disk_develop)(void *context, const char *path, const uint8_t *bytes, int64_t count);

/// Calls `develop` for every watched file that would be there after a crash now. The same seed gives the same losses.
void faulty_disk_photograph(
  faulty_disk_survival survival, uint64_t seed, faulty_disk_develop develop, void *context);

#ifdef __cplusplus
}
#endif

#endif
