package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aircheck/configs"
	"aircheck/vod"
)

// TestStorageFolders: another storage folder that goes is told of and keeps nothing else from working, and it is found when it is back.
func TestStorageFolders(t *testing.T) {
	cfg := withTLS(t, t.TempDir())
	ia := filepath.Join(t.TempDir(), "ia")
	cfg.Storage.IADir = ia
	cfg.Storage.SubApps = []configs.SubAppStorage{{ID: 1_500_000_001, Dir: filepath.Join(t.TempDir(), "news")}}
	s, _ := start(t, cfg, slog.New(slog.DiscardHandler))
	up := func(folder string, v float64) want {
		return want{"aircheck_folder_up", []string{"folder", folder}, is(v)}
	}
	await(t, s, up("ia", 1), up("app@1500000001", 1), want{"aircheck_folder_size_bytes", []string{"folder", "ia"}, atLeast(1)})
	if err := os.Rename(ia, ia+"-away"); err != nil {
		t.Fatal(err)
	}
	await(t, s, up("ia", 0), up("app@1500000001", 1))
	status, body := get(t, "http://"+s.listener.Addr().String()+"/readyz")
	var a readiness
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatal(err)
	}
	if status != http.StatusOK || len(a.Warnings) != 1 || len(a.Folders) != 2 || a.Folders[0].Problem == "" || a.Folders[1].Problem != "" {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if _, err := os.Stat(ia); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is gone was made again: %v", err)
	}
	if err := os.Rename(ia+"-away", ia); err != nil {
		t.Fatal(err)
	}
	await(t, s, up("ia", 1))
	if got := s.homes.Of(1_500_000_001, vod.StorageClassIA); got != s.homes.Infrequent {
		t.Errorf("STANDARD_IA of a sub-application belongs in %s", got)
	}
	if got := s.homes.Of(1_500_000_001, vod.StorageClassStandard); got != s.homes.SubApps[1_500_000_001] || got == s.homes.Main {
		t.Errorf("its files belong in %s", got)
	}
	if err := s.roomToMove(s.homes.Infrequent, 1<<60); !errors.Is(err, vod.ErrNoRoom) {
		t.Errorf("there is room for too much: %v", err)
	}
	if err := errors.Join(s.roomToMove(s.homes.Infrequent, 1), s.roomToMove(s.homes.Main, 1)); err != nil {
		t.Errorf("there is no room for a byte: %v", err)
	}
}

// TestForgottenFolder: files in a folder that is not configured any more are told of.
func TestForgottenFolder(t *testing.T) {
	var log bytes.Buffer
	s := &Server{log: slog.New(slog.NewTextHandler(&log, nil))}
	known := map[string]vod.Storage{"a": vod.NewLocal("a", t.TempDir())}
	s.warnOfUnknown([]vod.Usage{{StorageID: "a", Location: "recordings", Files: 1}, {StorageID: "b", Location: "ia", Files: 7}}, known)
	s.warnOfUnknown(nil, known)
	if got := log.String(); !strings.Contains(got, "storage=ia files=7") || strings.Count(got, "\n") != 1 {
		t.Errorf("the log says %s", got)
	}
}
