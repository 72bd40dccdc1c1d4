package server

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked is wrapped by New when another server has the data folder.
var ErrLocked = errors.New("another server uses this data folder")

// dataDir is the folder that holds everything, locked for this process.
type dataDir struct {
	path string
	lock *flock.Flock
}

// openDataDir creates the folder if it is missing and takes its lock, before anything in it is read.
func openDataDir(path string) (*dataDir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find data_dir: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(path, "secrets"), 0o700); err != nil {
		return nil, fmt.Errorf("create data_dir: %w", err)
	}
	name := filepath.Join(path, "lock")
	lock := flock.New(name, flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	if !got {
		return nil, fmt.Errorf("%w: %s is held by %s; stop it or set another data_dir", ErrLocked, path, holder(name))
	}
	if err := os.WriteFile(name+".pid", []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write lock.pid: %w", err), lock.Unlock())
	}
	return &dataDir{path: path, lock: lock}, nil
}

func holder(lockFile string) string {
	// The lock file itself cannot be read by others where locks are mandatory.
	text, err := os.ReadFile(lockFile + ".pid")
	if err != nil || len(text) == 0 {
		return "an unknown process"
	}
	return "process " + strings.TrimSpace(string(text))
}

// check returns an error unless the lock is still what keeps others out: a file of another name, or none, keeps out nobody.
func (d *dataDir) check() error {
	name := d.join("lock")
	ours, err := d.lock.Stat()
	if err != nil {
		return fmt.Errorf("look at the lock of data_dir: %w", err)
	}
	there, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("look at the lock of data_dir: %w; restart the server", err)
	}
	if !d.lock.Locked() || !os.SameFile(ours, there) {
		return fmt.Errorf("%s is not the file that this server locked: another one may use the folder; restart the server", name)
	}
	return nil
}

// join returns a path inside the folder.
func (d *dataDir) join(elem ...string) string {
	return filepath.Join(append([]string{d.path}, elem...)...)
}

// Close gives the lock back.
func (d *dataDir) Close() error { return d.lock.Unlock() }

// keyPair signs API requests. made is when, zero if that is not known.
type keyPair struct {
	id, key string
	made    time.Time
}

// apiKey returns the configured pair, or the one in secrets/api_key, which is made on the first start. The file's
// one line, "SecretId:SecretKey", is what curl -u takes.
func (d *dataDir) apiKey(id, key string) (keyPair, error) {
	if id != "" {
		return keyPair{id: id, key: key}, nil
	}
	name := d.join("secrets", "api_key")
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		pair := keyPair{"AKID" + randomText(20), randomText(20), time.Now()}
		return pair, writeSecret(name, pair.id+":"+pair.key+"\n")
	}
	if err != nil {
		return keyPair{}, fmt.Errorf("read API key: %w", err)
	}
	id, key, ok := strings.Cut(strings.TrimSpace(string(text)), ":")
	if !ok || id == "" || key == "" {
		return keyPair{}, fmt.Errorf("%s is not SecretId:SecretKey; remove it to have a new pair made", name)
	}
	pair := keyPair{id: id, key: key}
	if info, err := os.Stat(name); err == nil {
		pair.made = info.ModTime()
	}
	return pair, nil
}

// randomText returns n random bytes as letters and digits.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// writeSecret makes a file that is there with all of its text or not at all, even if the server is killed.
func writeSecret(name, text string) error {
	part := name + ".new"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("create secret: %w", err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write secret: %w", err)
	}
	return os.Rename(part, name)
}
