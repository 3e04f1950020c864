/* Writes, cuts and syncs of one folder, traced or stopped. Loaded before the C library (LD_PRELOAD).
 *
 * SHIM_FOLDER   files below it count; each call is one boundary
 * SHIM_TRACE    append every call to this file: kind, length of path, path, offset, length, bytes
 * SHIM_KILL     kill -9 at this boundary, before the call
 * SHIM_TEAR     kill -9 at this boundary, after half of the bytes are written
 * SHIM_FULL     from this boundary on, files may not grow: ENOSPC
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long boundary = 0;

static long given(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : -1;
}

static int inside(const char *path) {
    const char *folder = getenv("SHIM_FOLDER");
    return folder && !strncmp(path, folder, strlen(folder)) && path[strlen(folder)] == '/';
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, 4095);
    if (length < 0) return 0;
    path[length] = 0;
    return inside(path);
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

static void put(int fd, const void *from, size_t length) {
    ssize_t (*really)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (really(fd, from, length) != (ssize_t)length) abort();
}

static void trace(char kind, const char *path, int64_t offset, const void *bytes, int64_t length) {
    const char *file = getenv("SHIM_TRACE");
    if (!file) return;
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0644);
    int64_t named = strlen(path);
    put(fd, &kind, 1); put(fd, &named, 8); put(fd, path, named);
    put(fd, &offset, 8); put(fd, &length, 8);
    if (bytes) put(fd, bytes, length);
    close(fd);
}

/* 0: go on; 1: write half, then die; 2: no space */
static int meet(int fd, int64_t end) {
    boundary++;
    if (boundary == given("SHIM_KILL")) die();
    if (boundary == given("SHIM_TEAR")) return 1;
    struct stat now;
    if (given("SHIM_FULL") >= 0 && boundary >= given("SHIM_FULL") && end >= 0
        && !fstat(fd, &now) && end > now.st_size) return 2;
    return 0;
}

ssize_t pwrite64(int fd, const void *from, size_t length, off64_t offset) {
    ssize_t (*really)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    char path[4096];
    if (!path_of(fd, path)) return really(fd, from, length, offset);
    int what = meet(fd, offset + length);
    if (what == 1) { really(fd, from, length / 2, offset); die(); }
    if (what == 2) { errno = ENOSPC; return -1; }
    trace('w', path, offset, from, length);
    return really(fd, from, length, offset);
}

ssize_t pwrite(int fd, const void *from, size_t length, off_t offset) {
    return pwrite64(fd, from, length, offset);
}

ssize_t write(int fd, const void *from, size_t length) {
    ssize_t (*really)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    char path[4096];
    if (!path_of(fd, path)) return really(fd, from, length);
    off_t offset = lseek(fd, 0, SEEK_CUR);
    int what = meet(fd, offset + length);
    if (what == 1) { really(fd, from, length / 2); die(); }
    if (what == 2) { errno = ENOSPC; return -1; }
    trace('w', path, offset, from, length);
    return really(fd, from, length);
}

int ftruncate64(int fd, off64_t length) {
    int (*really)(int, off64_t) = dlsym(RTLD_NEXT, "ftruncate64");
    char path[4096];
    if (!path_of(fd, path)) return really(fd, length);
    int what = meet(fd, -1);
    if (what == 1) die();
    trace('t', path, length, 0, 0);
    return really(fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int synced(const char *name, int fd) {
    int (*really)(int) = dlsym(RTLD_NEXT, name);
    char path[4096];
    if (!path_of(fd, path)) return really(fd);
    if (meet(fd, -1) == 1) die();
    trace('s', path, 0, 0, 0);
    return really(fd);
}

int fsync(int fd) { return synced("fsync", fd); }
int fdatasync(int fd) { return synced("fdatasync", fd); }

int unlink(const char *path) {
    int (*really)(const char *) = dlsym(RTLD_NEXT, "unlink");
    if (!inside(path)) return really(path);
    if (meet(-1, -1) == 1) die();
    trace('u', path, 0, 0, 0);
    return really(path);
}
