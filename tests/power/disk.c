/* Stands between the program and the disk, for whatever lies under one folder: writes down what is asked of it, in the
 * order in which it was done, and answers chosen calls with an error. Preloaded into the program and every process that
 * it starts; tests/power/disk.py compiles it, reads the record and chooses the calls.
 *
 *   DISK_ROOT     the folder, as an absolute path without links
 *   DISK_CONTROL  a file with one `struct control`, shared by all processes: the lock, the record's end, the fault
 *   DISK_RECORD   a file of fixed size that takes the record; nothing is recorded where it is not named
 *
 * One lock is held around each call and its line in the record, so the record's order is the order on the disk. Files
 * are named by their inode, folder entries by folder and name: nothing has to be remembered here. Calls that copy
 * inside the kernel are refused, so that callers fall back to write. Memory mapped for writing is not seen; of ours
 * only SQLite's -shm file is, which holds nothing that lasts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE = 2, SYNC = 4, RENAME = 8, FOLDER = 16, RESIZE = 32, READ = 64, REMOVE = 128 };

struct control {
    int32_t owner;    /* thread that holds the lock; 0: nobody */
    int32_t overflow; /* the record was too short */
    int64_t end;      /* bytes of the record in use */
    int32_t kinds;    /* the fault: which calls, bits of the enum; 0: none */
    int32_t error;
    int64_t nth;      /* the first call that fails, counted from 1 */
    int32_t forever;  /* every later one too */
    int32_t half;     /* the first one writes half of its bytes, only the next fails */
    int64_t seen;     /* calls of these kinds since the fault was chosen */
    int64_t fired;    /* how many of them failed */
    int64_t from, to; /* reads: only those that touch these bytes; to 0: all */
    char match[256];  /* only where the path has this in it */
};

struct line {
    char kind;
    char reserved[3];
    uint32_t name, other, data; /* lengths of what follows */
    int64_t inode, folder, other_folder, offset;
};

static struct control *control;
static char *record;
static size_t record_size;
static char root[PATH_MAX];
static size_t root_length;
static char *ours[4]; /* our variables, for children that are started with few of their parent's */

static void remember(int number, const char *variable) {
    const char *value = getenv(variable);
    if (value && asprintf(&ours[number], "%s=%s", variable, value) < 0) abort();
}

static void *mapped(const char *variable, size_t *size) {
    const char *path = getenv(variable);
    struct stat state;
    if (!path) return NULL;
    int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &state) != 0) abort();
    void *at = mmap(NULL, state.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (at == MAP_FAILED) abort();
    *size = state.st_size;
    syscall(SYS_close, fd);
    return at;
}

__attribute__((constructor)) static void begin(void) {
    size_t size;
    const char *named = getenv("DISK_ROOT");
    if (!named || strlen(named) >= sizeof root) return;
    strcpy(root, named);
    root_length = strlen(root);
    remember(0, "LD_PRELOAD");
    remember(1, "DISK_ROOT");
    remember(2, "DISK_CONTROL");
    remember(3, "DISK_RECORD");
    record = mapped("DISK_RECORD", &record_size);
    control = mapped("DISK_CONTROL", &size);
}

/* --- the lock; a killed holder's is taken over --- */

static void lock(void) {
    int32_t me = syscall(SYS_gettid);
    for (unsigned tries = 1;; tries++) {
        int32_t holder = 0;
        if (__atomic_compare_exchange_n(&control->owner, &holder, me, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
        if (tries % 1000 == 0 && kill(holder, 0) != 0 && errno == ESRCH &&
            __atomic_compare_exchange_n(&control->owner, &holder, me, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
        sched_yield();
    }
}

static void unlock(void) {
    int kept = errno;
    __atomic_store_n(&control->owner, 0, __ATOMIC_RELEASE);
    errno = kept;
}

/* --- what is under the folder --- */

static int under_root(int fd, char *path) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

static int is_watched(int fd, char *path) {
    int kept = errno;
    int found = control != NULL && under_root(fd, path);
    errno = kept;
    return found;
}

static int64_t inode_of(int fd) {
    struct stat state;
    int kept = errno;
    int64_t inode = fstat(fd, &state) == 0 ? (int64_t)state.st_ino : -1;
    errno = kept;
    return inode;
}

struct place {
    int64_t folder, inode; /* inode -1: there is nothing of that name */
    char name[NAME_MAX + 1];
    char path[PATH_MAX];
};

static int is_place(int at, const char *path, struct place *place) {
    char above[PATH_MAX];
    struct stat state;
    size_t length = path ? strlen(path) : 0;
    if (!control || length == 0 || length >= sizeof above) return 0;
    int kept = errno;
    memcpy(above, path, length + 1);
    while (length > 1 && above[length - 1] == '/') above[--length] = 0;
    char *slash = strrchr(above, '/');
    const char *name = slash ? slash + 1 : above;
    if (strlen(name) > NAME_MAX) return 0;
    strcpy(place->name, name);
    if (slash) slash[slash == above] = 0;
    else strcpy(above, ".");
    int fd = syscall(SYS_openat, at, above, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int found = fd >= 0 && under_root(fd, place->path);
    if (found) {
        place->folder = inode_of(fd);
        place->inode = fstatat(fd, place->name, &state, AT_SYMLINK_NOFOLLOW) == 0 ? (int64_t)state.st_ino : -1;
        size_t end = strlen(place->path);
        snprintf(place->path + end, sizeof place->path - end, "/%s", place->name);
    }
    if (fd >= 0) syscall(SYS_close, fd);
    errno = kept;
    return found;
}

/* --- the record and the fault; both under the lock --- */

static void put_down(struct line line, const char *name, const char *other, const void *data) {
    if (!record) return;
    line.name = name ? strlen(name) : 0;
    line.other = other ? strlen(other) : 0;
    size_t size = sizeof line + line.name + line.other + line.data;
    if (control->end + size > record_size) {
        control->overflow = 1;
        return;
    }
    char *at = record + control->end;
    memcpy(at, &line, sizeof line);
    at += sizeof line;
    if (line.name) memcpy(at, name, line.name);
    if (line.other) memcpy(at + line.name, other, line.other);
    if (line.data) memcpy(at + line.name + line.other, data, line.data);
    control->end += size;
}

static int fails(int kind, const char *path, int64_t from, int64_t size) {
    if (!(control->kinds & kind) || (control->match[0] && !strstr(path, control->match))) return 0;
    if (control->to && (from >= control->to || from + size <= control->from)) return 0;
    control->seen++;
    int64_t first = control->nth + (control->half ? 1 : 0);
    if (control->seen < first || (control->seen > first && !control->forever)) return 0;
    control->fired++;
    errno = control->error;
    return 1;
}

void disk_mark(const char *text) {
    if (!control) return;
    lock();
    put_down((struct line){.kind = 'M', .data = strlen(text)}, NULL, NULL, text);
    unlock();
}

/* --- files --- */

static int opened(int at, const char *path, int flags, mode_t mode) {
    struct place place;
    if (!(flags & (O_CREAT | O_TRUNC)) || !is_place(at, path, &place)) return syscall(SYS_openat, at, path, flags, mode);
    lock();
    int fd = -1;
    is_place(at, path, &place); /* as it is now that nobody else moves */
    if (!(place.inode == -1 && fails(CREATE, place.path, 0, 0))) fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0 && place.inode == -1)
        put_down((struct line){.kind = 'C', .folder = place.folder, .inode = inode_of(fd)}, place.name, NULL, NULL);
    else if (fd >= 0 && (flags & O_TRUNC))
        put_down((struct line){.kind = 'T', .inode = inode_of(fd)}, NULL, NULL, NULL);
    unlock();
    return fd;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

int open(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return opened(at, path, flags, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static ssize_t written(int fd, const void *data, size_t size, int64_t at) {
    char path[PATH_MAX];
    ssize_t done = -1;
    if (!is_watched(fd, path))
        return at < 0 ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, at);
    lock();
    if (!fails(WRITE, path, at, size)) {
        if ((control->kinds & WRITE) && control->half && control->seen == control->nth && size > 1) size /= 2;
        done = at < 0 ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, at);
    }
    if (done > 0) {
        int64_t from = at < 0 ? (int64_t)syscall(SYS_lseek, fd, 0, SEEK_CUR) - done : at;
        put_down((struct line){.kind = 'W', .inode = inode_of(fd), .offset = from, .data = done}, NULL, NULL, data);
    }
    unlock();
    return done;
}

ssize_t write(int fd, const void *data, size_t size) { return written(fd, data, size, -1); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return written(fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return written(fd, data, size, at); }

static int resized(int fd, int64_t size) {
    char path[PATH_MAX];
    int done = -1;
    if (!is_watched(fd, path)) return syscall(SYS_ftruncate, fd, size);
    lock();
    if (!fails(RESIZE, path, 0, 0)) done = syscall(SYS_ftruncate, fd, size);
    if (done == 0) put_down((struct line){.kind = 'T', .inode = inode_of(fd), .offset = size}, NULL, NULL, NULL);
    unlock();
    return done;
}

int ftruncate(int fd, off_t size) { return resized(fd, size); }
int ftruncate64(int fd, off64_t size) { return resized(fd, size); }

static int reserved(int fd, int64_t from, int64_t size) {
    char path[PATH_MAX];
    struct stat state;
    if (!is_watched(fd, path)) return syscall(SYS_fallocate, fd, 0, from, size) == 0 ? 0 : errno;
    int trouble = 0;
    lock();
    if (fails(RESIZE, path, 0, 0) || syscall(SYS_fallocate, fd, 0, from, size) != 0) trouble = errno;
    else if (fstat(fd, &state) == 0)
        put_down((struct line){.kind = 'T', .inode = state.st_ino, .offset = state.st_size}, NULL, NULL, NULL);
    unlock();
    return trouble;
}

int posix_fallocate(int fd, off_t from, off_t size) { return reserved(fd, from, size); }
int posix_fallocate64(int fd, off64_t from, off64_t size) { return reserved(fd, from, size); }

static int synced(int fd, long call) {
    char path[PATH_MAX];
    int done = -1;
    if (!is_watched(fd, path)) return syscall(call, fd);
    lock();
    if (!fails(SYNC, path, 0, 0)) done = syscall(call, fd);
    if (done == 0) put_down((struct line){.kind = 'S', .inode = inode_of(fd)}, NULL, NULL, NULL);
    unlock();
    return done;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int cannot_be_read(int fd, int64_t at, size_t size) {
    char path[PATH_MAX];
    if (!control || !(control->kinds & READ) || !is_watched(fd, path)) return 0;
    lock();
    int64_t from = at >= 0 ? at : (int64_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
    int found = fails(READ, path, from, size);
    unlock();
    return found;
}

ssize_t read(int fd, void *data, size_t size) {
    return cannot_be_read(fd, -1, size) ? -1 : syscall(SYS_read, fd, data, size);
}
ssize_t pread(int fd, void *data, size_t size, off_t at) {
    return cannot_be_read(fd, at, size) ? -1 : syscall(SYS_pread64, fd, data, size, at);
}
ssize_t pread64(int fd, void *data, size_t size, off64_t at) {
    return cannot_be_read(fd, at, size) ? -1 : syscall(SYS_pread64, fd, data, size, at);
}

/* --- folder entries --- */

static int renamed(int at, const char *path, int other_at, const char *other, unsigned flags) {
    struct place from, to;
    int done = -1;
    if (!is_place(at, path, &from) || !is_place(other_at, other, &to))
        return syscall(SYS_renameat2, at, path, other_at, other, flags);
    lock();
    if (!fails(RENAME, to.path, 0, 0)) done = syscall(SYS_renameat2, at, path, other_at, other, flags);
    if (done == 0)
        put_down((struct line){.kind = 'R', .folder = from.folder, .other_folder = to.folder}, from.name, to.name, NULL);
    unlock();
    return done;
}

int rename(const char *path, const char *other) { return renamed(AT_FDCWD, path, AT_FDCWD, other, 0); }
int renameat(int at, const char *path, int other_at, const char *other) { return renamed(at, path, other_at, other, 0); }
int renameat2(int at, const char *path, int other_at, const char *other, unsigned flags) {
    return renamed(at, path, other_at, other, flags);
}

static int linked(int at, const char *path, int other_at, const char *other, int flags) {
    struct place from, to;
    int done = -1;
    if (!is_place(at, path, &from) || !is_place(other_at, other, &to))
        return syscall(SYS_linkat, at, path, other_at, other, flags);
    lock();
    if (!fails(RENAME, to.path, 0, 0)) done = syscall(SYS_linkat, at, path, other_at, other, flags);
    if (done == 0)
        put_down((struct line){.kind = 'L', .inode = from.inode, .other_folder = to.folder}, NULL, to.name, NULL);
    unlock();
    return done;
}

int link(const char *path, const char *other) { return linked(AT_FDCWD, path, AT_FDCWD, other, 0); }
int linkat(int at, const char *path, int other_at, const char *other, int flags) {
    return linked(at, path, other_at, other, flags);
}

static int removed(int at, const char *path, int flags) {
    struct place place;
    int done = -1;
    if (!is_place(at, path, &place)) return syscall(SYS_unlinkat, at, path, flags);
    lock();
    if (!fails(REMOVE, place.path, 0, 0)) done = syscall(SYS_unlinkat, at, path, flags);
    if (done == 0) put_down((struct line){.kind = 'U', .folder = place.folder}, place.name, NULL, NULL);
    unlock();
    return done;
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return removed(at, path, flags); }
int rmdir(const char *path) { return removed(AT_FDCWD, path, AT_REMOVEDIR); }

static int made(int at, const char *path, mode_t mode) {
    struct place place;
    int done = -1;
    if (!is_place(at, path, &place)) return syscall(SYS_mkdirat, at, path, mode);
    lock();
    if (!fails(FOLDER, place.path, 0, 0)) done = syscall(SYS_mkdirat, at, path, mode);
    if (done == 0 && is_place(at, path, &place))
        put_down((struct line){.kind = 'D', .folder = place.folder, .inode = place.inode}, place.name, NULL, NULL);
    unlock();
    return done;
}

int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
int mkdirat(int at, const char *path, mode_t mode) { return made(at, path, mode); }

/* --- children, and ways past write --- */

int execve(const char *path, char *const arguments[], char *const variables[]) {
    size_t count = 0;
    while (variables[count]) count++;
    char *all[count + 5]; /* on the stack: this may be a vfork's child */
    size_t end = 0;
    for (int number = 0; number < 4; number++)
        if (ours[number]) all[end++] = ours[number];
    for (size_t number = 0; number < count; number++) {
        int twice = 0;
        for (int other = 0; other < 4; other++)
            if (ours[other] && !strncmp(variables[number], ours[other], strchr(ours[other], '=') - ours[other] + 1)) twice = 1;
        if (!twice) all[end++] = variables[number];
    }
    all[end] = NULL;
    return syscall(SYS_execve, path, arguments, all);
}

#define REFUSED(fd) \
    char path[PATH_MAX]; \
    if (is_watched(fd, path)) { \
        errno = EINVAL; \
        return -1; \
    }

ssize_t sendfile(int to, int from, off_t *at, size_t size) { REFUSED(to) return syscall(SYS_sendfile, to, from, at, size); }
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
    REFUSED(to) return syscall(SYS_sendfile, to, from, at, size);
}
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *to_at, size_t size, unsigned flags) {
    REFUSED(to) return syscall(SYS_copy_file_range, from, at, to, to_at, size, flags);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    if (!is_watched(fd, path)) return syscall(SYS_writev, fd, parts, count);
    ssize_t whole = 0;
    for (int number = 0; number < count; number++) {
        ssize_t done = written(fd, parts[number].iov_base, parts[number].iov_len, -1);
        if (done < 0) return whole ? whole : -1;
        whole += done;
        if ((size_t)done < parts[number].iov_len) break;
    }
    return whole;
}
