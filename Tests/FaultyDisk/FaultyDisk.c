#include "FaultyDisk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { sector = 512 };

// What a disk holds

typedef struct {
  uint8_t *bytes;
  int64_t count, capacity;
} image;

/// Grows or cuts an image; what is new is zero. 0 where there is no memory.
static int image_resize(image *image, int64_t count) {
  if (count > image->capacity) {
    int64_t capacity = count > 2 * image->capacity ? count : 2 * image->capacity;
    uint8_t *bytes = realloc(image->bytes, (size_t)capacity);
    if (bytes == NULL) return 0;
    image->bytes = bytes;
    image->capacity = capacity;
  }
  if (count > image->count) memset(image->bytes + image->count, 0, (size_t)(count - image->count));
  image->count = count;
  return 1;
}

static int image_write(image *image, int64_t offset, const void *bytes, int64_t count) {
  if (count <= 0) return 1;
  if (offset + count > image->count && !image_resize(image, offset + count)) return 0;
  memcpy(image->bytes + offset, bytes, (size_t)count);
  return 1;
}

static void image_free(image *image) {
  free(image->bytes);
  memset(image, 0, sizeof *image);
}

/// A write, or a change of length where `bytes` is null, that no sync has followed.
typedef struct pending {
  struct pending *next;
  int64_t offset, count;
  uint8_t *bytes;
} pending;

typedef struct disk_file {
  struct disk_file *next;
  char *path;
  image now, synced;
  pending *first, **last;
  /// Whether the name is there, and whether it would be after a power loss: surely, or perhaps.
  int exists, is_durable;
  /// Whether SQLite syncs the folder with the first sync of this file: that of a log or a journal that it made.
  int is_journal;
} disk_file;

static struct {
  pthread_mutex_t mutex;
  char *prefix;
  faulty_disk_judge judge;
  void *context;
  disk_file *files;
} disk;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_vfs *system_vfs;
static sqlite3_vfs vfs;

static void make_mutex(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  // A judge takes photographs while an operation holds the disk.
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&disk.mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

static void hold(void) {
  pthread_once(&once, make_mutex);
  pthread_mutex_lock(&disk.mutex);
}

static void release(void) { pthread_mutex_unlock(&disk.mutex); }

static void drop_pending(disk_file *file) {
  while (file->first != NULL) {
    pending *next = file->first->next;
    free(file->first->bytes);
    free(file->first);
    file->first = next;
  }
  file->last = &file->first;
}

static void drop_files(void) {
  while (disk.files != NULL) {
    disk_file *next = disk.files->next;
    drop_pending(disk.files);
    image_free(&disk.files->now);
    image_free(&disk.files->synced);
    free(disk.files->path);
    free(disk.files);
    disk.files = next;
  }
}

static int is_watched(const char *path) {
  return path != NULL && disk.prefix != NULL && strncmp(path, disk.prefix, strlen(disk.prefix)) == 0;
}

static disk_file *find(const char *path) {
  for (disk_file *file = disk.files; file != NULL; file = file->next) {
    if (strcmp(file->path, path) == 0) return file;
  }
  return NULL;
}

static disk_file *find_or_make(const char *path) {
  disk_file *file = find(path);
  if (file != NULL) return file;
  file = calloc(1, sizeof *file);
  if (file == NULL) return NULL;
  file->path = strdup(path);
  if (file->path == NULL) {
    free(file);
    return NULL;
  }
  file->last = &file->first;
  file->next = disk.files;
  disk.files = file;
  return file;
}

static int append(disk_file *file, int64_t offset, const void *bytes, int64_t count) {
  pending *change = calloc(1, sizeof *change);
  if (change == NULL) return 0;
  change->offset = offset;
  change->count = count;
  if (bytes != NULL) {
    change->bytes = malloc(count > 0 ? (size_t)count : 1);
    if (change->bytes == NULL) {
      free(change);
      return 0;
    }
    memcpy(change->bytes, bytes, (size_t)count);
  }
  *file->last = change;
  file->last = &change->next;
  return 1;
}

static int judged(faulty_disk_operation operation, const char *path) {
  return disk.judge == NULL ? SQLITE_OK : disk.judge(disk.context, operation, path);
}

// Files as SQLite sees them

typedef struct {
  sqlite3_file base;
  sqlite3_file *system;
  /// Null for files that nobody watches.
  disk_file *file;
} open_file;

static sqlite3_file *system_file(sqlite3_file *file) { return ((open_file *)file)->system; }
static disk_file *watched(sqlite3_file *file) {
  disk_file *found = ((open_file *)file)->file;
  // The watch may have ended while the file is open.
  for (disk_file *each = disk.files; each != NULL; each = each->next) {
    if (each == found) return found;
  }
  return NULL;
}

static int close_file(sqlite3_file *file) {
  sqlite3_file *system = system_file(file);
  return system->pMethods != NULL ? system->pMethods->xClose(system) : SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
  hold();
  disk_file *known = watched(file);
  int code = known != NULL ? judged(FAULTY_DISK_READ, known->path) : SQLITE_OK;
  release();
  if (code != SQLITE_OK) return abs(code);
  return system_file(file)->pMethods->xRead(system_file(file), bytes, count, offset);
}

static int write_file(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
  sqlite3_file *system = system_file(file);
  hold();
  disk_file *known = watched(file);
  if (known == NULL) {
    release();
    return system->pMethods->xWrite(system, bytes, count, offset);
  }
  int verdict = judged(FAULTY_DISK_WRITE, known->path);
  int written = verdict == SQLITE_OK ? count : verdict < 0 ? count / 2 : 0;
  int code = SQLITE_OK;
  if (written > 0) {
    code = system->pMethods->xWrite(system, bytes, written, offset);
    if (code == SQLITE_OK
        && !(image_write(&known->now, offset, bytes, written) && append(known, offset, bytes, written))) {
      code = SQLITE_NOMEM;
    }
  }
  release();
  return verdict != SQLITE_OK ? abs(verdict) : code;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 count) {
  sqlite3_file *system = system_file(file);
  hold();
  disk_file *known = watched(file);
  int code = known != NULL ? abs(judged(FAULTY_DISK_TRUNCATE, known->path)) : SQLITE_OK;
  if (code == SQLITE_OK) code = system->pMethods->xTruncate(system, count);
  if (code == SQLITE_OK && known != NULL
      && !(image_resize(&known->now, count) && append(known, count, NULL, 0))) {
    code = SQLITE_NOMEM;
  }
  release();
  return code;
}

/// The folder is synced: deleted files stay deleted.
static void settle_names(void) {
  for (disk_file *file = disk.files; file != NULL; file = file->next) {
    if (!file->exists) file->is_durable = 0;
  }
}

static int sync_file(sqlite3_file *file, int flags) {
  sqlite3_file *system = system_file(file);
  hold();
  disk_file *known = watched(file);
  int code = SQLITE_OK;
  if (known == NULL) {
    code = system->pMethods->xSync(system, flags);
  } else {
    // What the real disk does makes no difference to a photograph, and takes most of the time.
    code = abs(judged(FAULTY_DISK_SYNC, known->path));
    if (code == SQLITE_OK) {
      if (!known->is_durable && known->is_journal) settle_names();
      known->is_durable = 1;
      if (known->first != NULL) {
        drop_pending(known);
        if (!image_resize(&known->synced, 0)
            || !image_write(&known->synced, 0, known->now.bytes, known->now.count)) {
          code = SQLITE_NOMEM;
        }
      }
    }
  }
  release();
  return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
  return system_file(file)->pMethods->xFileSize(system_file(file), size);
}
static int lock(sqlite3_file *file, int level) {
  return system_file(file)->pMethods->xLock(system_file(file), level);
}
static int unlock(sqlite3_file *file, int level) {
  return system_file(file)->pMethods->xUnlock(system_file(file), level);
}
static int check_reserved_lock(sqlite3_file *file, int *result) {
  return system_file(file)->pMethods->xCheckReservedLock(system_file(file), result);
}
static int file_control(sqlite3_file *file, int operation, void *argument) {
  return system_file(file)->pMethods->xFileControl(system_file(file), operation, argument);
}
static int sector_size(sqlite3_file *file) {
  return system_file(file)->pMethods->xSectorSize(system_file(file));
}
static int characteristics(sqlite3_file *file) {
  return system_file(file)->pMethods->xDeviceCharacteristics(system_file(file));
}
static int shared_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory) {
  return system_file(file)->pMethods->xShmMap(system_file(file), page, size, extend, memory);
}
static int shared_lock(sqlite3_file *file, int offset, int count, int flags) {
  return system_file(file)->pMethods->xShmLock(system_file(file), offset, count, flags);
}
static void shared_barrier(sqlite3_file *file) {
  system_file(file)->pMethods->xShmBarrier(system_file(file));
}
static int shared_unmap(sqlite3_file *file, int remove) {
  return system_file(file)->pMethods->xShmUnmap(system_file(file), remove);
}

// Version 2: with shared memory, without mapped pages, whose reads nobody could watch.
static const sqlite3_io_methods methods = {
  .iVersion = 2,
  .xClose = close_file,
  .xRead = read_file,
  .xWrite = write_file,
  .xTruncate = truncate_file,
  .xSync = sync_file,
  .xFileSize = file_size,
  .xLock = lock,
  .xUnlock = unlock,
  .xCheckReservedLock = check_reserved_lock,
  .xFileControl = file_control,
  .xSectorSize = sector_size,
  .xDeviceCharacteristics = characteristics,
  .xShmMap = shared_map,
  .xShmLock = shared_lock,
  .xShmBarrier = shared_barrier,
  .xShmUnmap = shared_unmap,
};

/// Takes what the file holds as synced, where it was not known yet.
static int take_up(disk_file *known, sqlite3_file *system, int flags) {
  if (known->exists) return SQLITE_OK;
  known->is_journal = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  drop_pending(known);
  sqlite3_int64 size = 0;
  int code = system->pMethods->xFileSize(system, &size);
  if (code != SQLITE_OK) return code;
  if (!image_resize(&known->now, 0) || !image_resize(&known->now, size)) return SQLITE_NOMEM;
  if (size > 0) code = system->pMethods->xRead(system, known->now.bytes, (int)size, 0);
  if (code != SQLITE_OK) return code;
  known->exists = 1;
  // A new file without a byte may not be there after a power loss.
  known->is_durable = size > 0;
  if (!image_resize(&known->synced, 0)) return SQLITE_NOMEM;
  return image_write(&known->synced, 0, known->now.bytes, size) ? SQLITE_OK : SQLITE_NOMEM;
}

static int open_vfs(sqlite3_vfs *self, const char *path, sqlite3_file *file, int flags, int *out_flags) {
  (void)self;
  open_file *opened = (open_file *)file;
  memset(opened, 0, sizeof *opened);
  opened->system = (sqlite3_file *)(opened + 1);
  hold();
  int code = is_watched(path) ? abs(judged(FAULTY_DISK_OPEN, path)) : SQLITE_OK;
  if (code == SQLITE_OK) code = system_vfs->xOpen(system_vfs, path, opened->system, flags, out_flags);
  if (opened->system->pMethods != NULL) opened->base.pMethods = &methods;
  if (code == SQLITE_OK && is_watched(path)) {
    opened->file = find_or_make(path);
    code = opened->file == NULL ? SQLITE_NOMEM : take_up(opened->file, opened->system, flags);
  }
  release();
  return code;
}

static int delete_vfs(sqlite3_vfs *self, const char *path, int sync_folder) {
  (void)self;
  hold();
  int code = is_watched(path) ? abs(judged(FAULTY_DISK_DELETE, path)) : SQLITE_OK;
  if (code == SQLITE_OK) code = system_vfs->xDelete(system_vfs, path, sync_folder);
  disk_file *known = is_watched(path) ? find(path) : NULL;
  if (code == SQLITE_OK && known != NULL) {
    known->exists = 0;
    if (sync_folder) settle_names();
  }
  release();
  return code;
}

// Photographs

static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

/// Applies a write sector by sector, each with a chance of `odds` in 256.
static void apply_sectors(image *image, const pending *change, unsigned odds, uint64_t *random) {
  for (int64_t done = 0; done < change->count;) {
    int64_t at = change->offset + done;
    int64_t count = sector - at % sector;
    if (count > change->count - done) count = change->count - done;
    if ((next_random(random) & 255) < odds) (void)image_write(image, at, change->bytes + done, count);
    done += count;
  }
}

static void apply(image *image, const pending *change, unsigned odds, uint64_t *random) {
  if (change->bytes != NULL) {
    apply_sectors(image, change, odds, random);
  } else if ((next_random(random) & 255) < odds) {
    (void)image_resize(image, change->offset);
  }
}

void faulty_disk_photograph(
  faulty_disk_survival survival, uint64_t seed, faulty_disk_develop develop, void *context
) {
  hold();
  for (disk_file *file = disk.files; file != NULL; file = file->next) {
    uint64_t random = seed;
    if (survival == FAULTY_DISK_PROCESS_DIES) {
      if (file->exists) develop(context, file->path, file->now.bytes, file->now.count);
      continue;
    }
    // The name of a new file, and the end of a deleted one, come to the disk when it likes.
    int chance = survival != FAULTY_DISK_POWER_LOSS_NOTHING && (next_random(&random) & 1);
    if (!(file->is_durable ? (file->exists || !chance) : (file->exists && chance))) continue;
    image left = {0};
    if (!image_write(&left, 0, file->synced.bytes, file->synced.count)) continue;
    if (survival == FAULTY_DISK_POWER_LOSS_SECTORS) {
      unsigned odds = (unsigned)(next_random(&random) % 257);
      for (pending *change = file->first; change != NULL; change = change->next) {
        apply(&left, change, odds, &random);
      }
    } else if (survival == FAULTY_DISK_POWER_LOSS_PREFIX) {
      uint64_t changes = 0;
      for (pending *change = file->first; change != NULL; change = change->next) changes += 1;
      uint64_t whole = next_random(&random) % (changes + 1);
      for (pending *change = file->first; change != NULL; change = change->next) {
        if (whole == 0) {
          apply(&left, change, 128, &random);
          break;
        }
        apply(&left, change, 256, &random);
        whole -= 1;
      }
    }
    develop(context, file->path, left.bytes, left.count);
    image_free(&left);
  }
  release();
}

// Setting up

int faulty_disk_install(void) {
  hold();
  int code = SQLITE_OK;
  if (system_vfs == NULL) {
    system_vfs = sqlite3_vfs_find(NULL);
    if (system_vfs == NULL) {
      code = SQLITE_ERROR;
    } else {
      vfs = *system_vfs;
      vfs.pNext = NULL;
      vfs.zName = "faulty";
      vfs.szOsFile = (int)sizeof(open_file) + system_vfs->szOsFile;
      vfs.xOpen = open_vfs;
      vfs.xDelete = delete_vfs;
      code = sqlite3_vfs_register(&vfs, 1);
    }
  }
  release();
  return code;
}

void faulty_disk_watch(const char *prefix, faulty_disk_judge judge, void *context) {
  hold();
  drop_files();
  free(disk.prefix);
  disk.prefix = strdup(prefix);
  disk.judge = judge;
  disk.context = context;
  release();
}

void faulty_disk_unwatch(void) {
  hold();
  drop_files();
  free(disk.prefix);
  disk.prefix = NULL;
  disk.judge = NULL;
  disk.context = NULL;
  release();
}
