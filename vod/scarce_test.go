//go:build unix

package vod_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"aircheck/vod"
)

// TestLocalScarce: that no more files can be opened says nothing of the storage, which stays in use.
func TestLocalScarce(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, vod.IdentityFile), []byte(storageID+"\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "x.mp4"), []byte("x"), 0o600))
	l, err := vod.OpenLocal(storageID, dir)
	must(t, err)
	defer l.Close()
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	none := limit
	none.Cur = 0
	must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none))
	err = l.Check()
	must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	if !errors.Is(err, syscall.EMFILE) || errors.Is(err, vod.ErrForeignStorage) {
		t.Error(err)
	}
	o, err := l.Open("x.mp4")
	must(t, err)
	must(t, o.Close())
}
