package recorder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"aircheck/ingest/stream"
)

func TestIdentity(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		ok    bool
	}{
		{"empty", nil, true},
		{"new filesystem", map[string]string{"lost+found/x": ""}, true},
		{"start cut short", map[string]string{identityFile + ".new": "test-st"}, true},
		{"ours", map[string]string{identityFile: "test-storage\n", "a/b.flv": "x"}, true},
		{"foreign", map[string]string{identityFile: "other\n", "a/b.flv": "x"}, false},
		{"foreign and empty", map[string]string{identityFile: "other\n"}, false},
		{"in use without identity", map[string]string{"a/b.flv": "x"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "sub", "storage")
			for name, text := range tt.files {
				path := filepath.Join(dir, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			var before []string
			if tt.files != nil {
				before = tree(t, dir)
			}
			var c catalogue
			m := newManager(dir, &c)
			err := m.Open()
			defer closeManager(t, m)
			if tt.ok {
				if err != nil || m.Ready() != nil {
					t.Fatalf("open: %v, ready: %v", err, m.Ready())
				}
				if b, err := os.ReadFile(filepath.Join(dir, identityFile)); string(b) != "test-storage\n" {
					t.Errorf("identity %q, %v", b, err)
				}
				return
			}
			if !errors.Is(err, ErrForeignStorage) || !errors.Is(m.Ready(), ErrForeignStorage) {
				t.Fatalf("open: %v, ready: %v", err, m.Ready())
			}
			var h stream.Hub
			s, _ := h.Publish(stream.Publisher{Key: key})
			if err := m.Record(spec("flv"), s); !errors.Is(err, ErrForeignStorage) {
				t.Errorf("record: %v", err)
			}
			if _, err := m.Recover(context.Background()); !errors.Is(err, ErrForeignStorage) {
				t.Errorf("recover: %v", err)
			}
			if after := tree(t, dir); !slices.Equal(before, after) {
				t.Errorf("the folder was changed: %q, %q", before, after)
			}
		})
	}
}

// TestOpenAgain: once the right disk is mounted, Open succeeds.
func TestOpenAgain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var c catalogue
	m := newManager(dir, &c)
	if err := m.Open(); !errors.Is(err, ErrForeignStorage) {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	open(t, m)
	closeManager(t, m)
	if err := m.Ready(); !errors.Is(err, ErrClosed) {
		t.Errorf("ready after close: %v", err)
	}
}
