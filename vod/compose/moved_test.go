package compose_test

import (
	"os"
	"path/filepath"
	"testing"

	"aircheck/vod"
	"aircheck/vod/compose"
)

// moving is a storage whose files are moved to another one just when they are opened.
type moving struct {
	vod.Workplace
	move func(key string)
}

func (m *moving) Open(key string) (*vod.Object, error) {
	m.move(key)
	return m.Workplace.Open(key)
}

// TestSourceMoves: a file that is moved to another storage when a task is about to open it is found there.
func TestSourceMoves(t *testing.T) {
	r := newRig(t)
	a := r.adopt(clip(t, "a.mp4", "1"), "mp4", 0, nil)
	other := t.TempDir()
	elsewhere := vod.NewLocal("elsewhere", other)
	t.Cleanup(func() { elsewhere.Close() })
	if err := elsewhere.Found(false); err != nil {
		t.Fatal(err)
	}
	moves := 0
	r.Catalog.Storages["elsewhere"] = elsewhere
	r.Catalog.Storages[r.Storage] = &moving{r.Catalog.Storages[r.Storage].(vod.Workplace), func(key string) {
		if key != a.ObjectKey {
			return
		}
		if moves++; moves > 1 {
			return
		}
		if err := os.Rename(filepath.Join(r.dir, key), filepath.Join(other, key)); err != nil {
			t.Error(err)
		}
		to := vod.Moved{Draft: 1, StorageID: "elsewhere", ObjectKey: key, StorageClass: vod.StorageClassIA, At: at}
		if err := r.store.MoveAsset(t.Context(), a, to); err != nil {
			t.Error(err)
		}
	}}
	r.start()
	_, _, out := r.compose(request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 0))))
	if moves != 1 || out.Method != compose.MethodCopy {
		t.Errorf("moved %d times, %+v", moves, out)
	}
}
