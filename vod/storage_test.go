package vod_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aircheck/vod"
)

func TestLocalCheck(t *testing.T) {
	l := newLibrary(t)
	must(t, l.local.Check())
	other, err := vod.OpenLocal("storage-2", l.dir)
	must(t, err)
	defer other.Close()
	if err := other.Check(); !errors.Is(err, vod.ErrForeignStorage) || !strings.Contains(err.Error(), storageID) {
		t.Error(err)
	}
	if _, err := vod.OpenLocal("x", filepath.Join(l.dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestLocalOpen(t *testing.T) {
	l := newLibrary(t)
	must(t, os.MkdirAll(filepath.Join(l.dir, "a", "b"), 0o755))
	must(t, os.WriteFile(filepath.Join(l.dir, "a", "b", "c%20ü.mp4"), []byte("content"), 0o600))
	outside := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(outside, []byte("secret"), 0o600))
	must(t, os.Symlink(outside, filepath.Join(l.dir, "link")))
	must(t, os.Symlink("/etc", filepath.Join(l.dir, "etc")))

	o, err := l.local.Open("a/b/c%20ü.mp4")
	must(t, err)
	data, err := io.ReadAll(o)
	if string(data) != "content" || err != nil || o.Size != 7 || o.ModTime.IsZero() {
		t.Errorf("%q %v %+v", data, err, o)
	}
	must(t, o.Close())
	for _, key := range []string{"none", "a", "a/b/none"} {
		if _, err := l.local.Open(key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v, want fs.ErrNotExist", key, err)
		}
	}
	for _, key := range []string{outside, "../secret", "a/../../x", "link", "etc/passwd", "/etc/passwd"} {
		if o, err := l.local.Open(key); err == nil {
			t.Errorf("%q was opened: %v", key, o.Close())
		}
	}
	for _, key := range []string{outside, "../secret", "a/../../x", "etc/passwd"} {
		if err := l.local.Delete(key); err == nil {
			t.Errorf("%q was deleted", key)
		}
	}
	must(t, l.local.Delete("link"))
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

func TestLocalDelete(t *testing.T) {
	l := newLibrary(t)
	for _, name := range []string{
		"d/a/s/2026-01-01/1.mp4", "d/a/s/2026-01-01/2.mp4", "d/a/s/2026-01-02/3.mp4", "d/b/s/2026-01-01/4.mp4", "5.mp4",
	} {
		path := filepath.Join(l.dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, nil, 0o600))
	}
	for _, step := range []struct {
		key  string
		gone []string
	}{
		{"d/a/s/2026-01-01/1.mp4", []string{"d/a/s/2026-01-01/1.mp4"}},
		{"d/a/s/2026-01-01/2.mp4", []string{"d/a/s/2026-01-01", "d/a/s/2026-01-01/2.mp4"}},
		{"d/a/s/2026-01-01/2.mp4", nil},
		{"d/a/s/2026-01-02/3.mp4", []string{"d/a", "d/a/s", "d/a/s/2026-01-02", "d/a/s/2026-01-02/3.mp4"}},
		{"5.mp4", []string{"5.mp4"}},
		{"d/b/s/2026-01-01/4.mp4", []string{"d", "d/b", "d/b/s", "d/b/s/2026-01-01", "d/b/s/2026-01-01/4.mp4"}},
		{"d/b/s/2026-01-01/4.mp4", nil},
	} {
		before := l.files(t)
		must(t, l.local.Delete(step.key))
		after := l.files(t)
		gone := slices.DeleteFunc(before, func(name string) bool { return slices.Contains(after, name) })
		if !slices.Equal(gone, step.gone) {
			t.Errorf("%s: gone are %q, want %q", step.key, gone, step.gone)
		}
	}
	must(t, l.local.Check())
	must(t, os.Mkdir(filepath.Join(l.dir, "folder"), 0o755))
	if err := l.local.Delete("folder"); err == nil {
		t.Error("a folder was deleted")
	}
}

// TestLocalDeleteKeepsLinks: a folder that the user replaced by a link stays one.
func TestLocalDeleteKeepsLinks(t *testing.T) {
	l := newLibrary(t)
	must(t, os.MkdirAll(filepath.Join(l.dir, "real"), 0o755))
	must(t, os.Symlink("real", filepath.Join(l.dir, "link")))
	must(t, os.WriteFile(filepath.Join(l.dir, "real", "x.mp4"), nil, 0o600))
	must(t, l.local.Delete("link/x.mp4"))
	if got := l.files(t); !slices.Equal(got, []string{"link", "real"}) {
		t.Error(got)
	}
}

// TestLocalDeleteRefused: what cannot even be looked at is an error, not a success.
func TestLocalDeleteRefused(t *testing.T) {
	l := newLibrary(t)
	if err := l.local.Delete(strings.Repeat("x", 5000)); err == nil {
		t.Error("no error")
	}
}

// TestLocalGoesAndComes: while the disk is away, nothing is found or deleted, and nothing is taken for missing.
func TestLocalGoesAndComes(t *testing.T) {
	l := newLibrary(t)
	must(t, os.WriteFile(filepath.Join(l.dir, "x.mp4"), []byte("x"), 0o600))
	early := vod.NewLocal(storageID, l.dir+".later")
	defer early.Close()
	for range 2 {
		for what, put := range map[string]func() error{
			"nothing": func() error { return nil },
			"empty":   func() error { return os.Mkdir(l.dir, 0o700) },
			"foreign": func() error { return os.WriteFile(filepath.Join(l.dir, vod.IdentityFile), []byte("other\n"), 0o600) },
		} {
			must(t, os.Rename(l.dir, l.dir+".away"))
			if what == "foreign" {
				must(t, os.Mkdir(l.dir, 0o700))
			}
			must(t, put())
			if err := l.local.Check(); !errors.Is(err, vod.ErrForeignStorage) {
				t.Errorf("%s: check: %v", what, err)
			}
			if _, err := l.local.Open("x.mp4"); !errors.Is(err, vod.ErrForeignStorage) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: open: %v", what, err)
			}
			if err := l.local.Delete("x.mp4"); !errors.Is(err, vod.ErrForeignStorage) {
				t.Errorf("%s: delete: %v", what, err)
			}
			must(t, os.RemoveAll(l.dir))
			must(t, os.Rename(l.dir+".away", l.dir))
			must(t, l.local.Check())
			o, err := l.local.Open("x.mp4")
			must(t, err)
			must(t, o.Close())
		}
	}
	if _, err := early.Open("x.mp4"); !errors.Is(err, vod.ErrForeignStorage) || !errors.Is(early.Check(), vod.ErrForeignStorage) {
		t.Errorf("before it is there: %v", err)
	}
	must(t, os.Rename(l.dir, l.dir+".later"))
	must(t, early.Check())
	o, err := early.Open("x.mp4")
	must(t, err)
	must(t, o.Close())
	must(t, os.Rename(l.dir+".later", l.dir))
}
