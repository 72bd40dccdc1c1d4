package recorder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestWholeFilesComeLast: what has to be read as a whole does not hold the others up.
func TestWholeFilesComeLast(t *testing.T) {
	dir := scratch(t)
	m := newManager(dir, &catalogue{})
	open(t, m)
	closeManager(t, m)
	x := newWreck(t, "flv", 20*time.Second)
	const first, last = 4000000000001, 4000000000009
	for id := int64(first); id <= last; id++ {
		x.restore(t, dir, id)
	}
	if err := os.WriteFile(filepath.Join(dir, journalName(first)), []byte("no journal"), 0o644); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var ids []string
	c := &catalogue{}
	m = newManager(dir, c)
	m.before = func(o op) error {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasPrefix(o.name, openDir+"/") && o.kind != "syncfs" {
			ids = append(ids, strings.Split(filepath.Base(o.name), ".")[0])
		}
		return nil
	}
	open(t, m)
	if n, err := m.Recover(t.Context()); n != 9 || err != nil {
		t.Errorf("%d files, %v", n, err)
	}
	closeManager(t, m)
	begun := slices.Index(ids, fmt.Sprint(first))
	if begun < 0 || slices.ContainsFunc(ids[begun:], func(id string) bool { return id != fmt.Sprint(first) }) {
		t.Errorf("the file without journal did not come last: %v", ids)
	}
	if len(c.list()) != 8 {
		t.Errorf("%d files in the catalogue", len(c.list()))
	}
}

// TestWholeScan: reading a large file as a whole tells how far it is, and can be broken off.
func TestWholeScan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		stop := error(nil)
		const size = 4 * longScan
		s := newScan(bytes.NewReader(nil), 0, size, func() error { return stop }, slog.New(slog.NewTextHandler(&log, nil)))
		for i := range int64(8) {
			_, _ = s.ReadAt(make([]byte, 1), i*size/8)
			time.Sleep(4 * time.Second)
		}
		if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), "percent=37") {
			t.Errorf("%d lines:\n%s", n, log.String())
		}
		stop = errTest
		if _, err := s.ReadAt(make([]byte, 1), 0); !errors.Is(err, errTest) {
			t.Errorf("not broken off: %v", err)
		}
		short := newScan(bytes.NewReader([]byte{7}), 0, 1, func() error { return errTest }, slog.Default())
		if _, err := short.ReadAt(make([]byte, 1), 0); err != nil {
			t.Errorf("what is short was broken off: %v", err)
		}
	})
}

// TestStoppedScan: a file whose scan is broken off is finished by the next call of Recover.
func TestStoppedScan(t *testing.T) {
	dir := scratch(t)
	m := newManager(dir, &catalogue{})
	open(t, m)
	closeManager(t, m)
	const id = 4000000000001
	x := newWreck(t, "flv", 20*time.Second)
	x.restore(t, dir, id)
	// A hole of zeros behind what was recorded makes the file large.
	if err := os.Truncate(filepath.Join(dir, mediaName(id, "flv")), 2*longScan); err != nil {
		t.Fatal(err)
	}
	c := &catalogue{}
	m = newManager(dir, c)
	open(t, m)
	defer closeManager(t, m)
	ctx, cancel := context.WithCancel(t.Context())
	m.disk.before = func(o op) error {
		if o.kind == "truncate" {
			cancel() // the scan begins
		}
		return nil
	}
	if n, err := m.Recover(ctx); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d files, %v", n, err)
	}
	if n, err := m.Recover(t.Context()); n != 1 || err != nil || len(c.list()) != 1 {
		t.Errorf("%d files, %v", n, err)
	}
}
