package view_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aircheck/vod"
)

// moving is a storage whose files are moved to another one just when they are opened.
type moving struct {
	vod.Storage
	move func(key string)
}

func (m *moving) Open(key string) (*vod.Object, error) {
	m.move(key)
	return m.Storage.Open(key)
}

// TestViewOfMovedFile: a file that is moved to another storage between two looks is shown from there.
func TestViewOfMovedFile(t *testing.T) {
	b := newBench(t)
	a := b.add(t, record(t, aacFormat, show(8, 48000, "aac")))
	other := t.TempDir()
	elsewhere := vod.NewLocal("elsewhere", other)
	must(t, elsewhere.Found(false))
	t.Cleanup(func() { must(t, elsewhere.Close()) })
	moves := 0
	b.player.Storages = map[string]vod.Storage{"elsewhere": elsewhere, "s": &moving{b.player.Storages["s"], func(key string) {
		if moves++; moves > 1 {
			return
		}
		must(t, os.MkdirAll(filepath.Join(other, filepath.Dir(key)), 0o755))
		must(t, os.Rename(filepath.Join(b.dir, key), filepath.Join(other, key)))
		to := vod.Moved{Draft: 777, StorageID: "elsewhere", ObjectKey: key, StorageClass: vod.StorageClassIA, At: time.Now()}
		must(t, b.MoveAsset(t.Context(), a, to))
	}}}
	res, err := http.Get(b.url + strings.TrimSuffix(vod.PlayPath(a), "aac") + "m3u8")
	must(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode != http.StatusOK || !strings.Contains(string(text), "#EXT-X-ENDLIST") || moves != 1 {
		t.Errorf("moved %d times: %s %s", moves, res.Status, text)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestNamesLikeFolders: a file whose name begins like the address of something made of it is played all the same.
func TestNamesLikeFolders(t *testing.T) {
	b := newBench(t)
	for _, name := range []string{"seg/0-6000000", "parts/cover", "a/b"} {
		a := b.add(t, record(t, aacFormat, show(8, 48000, "aac")))
		_, err := b.ModifyAsset(t.Context(), a.ID, func(a *vod.Asset) error { a.Name = name; return nil }, nil)
		must(t, err)
		a.Name = name
		b.status(t, 200, b.url+vod.PlayPath(a))
		b.status(t, 200, b.url+strings.TrimSuffix(vod.PlayPath(a), "aac")+"m3u8")
		b.status(t, 200, b.url+vod.PlayPath(a)+"?start=1&end=2")
	}
}
