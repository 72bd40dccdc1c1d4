package process_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"aircheck/recorder/mp4"
	"aircheck/vod"
	"aircheck/vod/process"
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

// TestSourceMoves: a file that is moved to another storage when a task is about to open it is found there.
func TestSourceMoves(t *testing.T) {
	l := newLibrary(t)
	a := l.add(t, 1, mp4.Format{}, film(t, "h264"), nil)
	other := t.TempDir()
	elsewhere := vod.NewLocal("elsewhere", other)
	must(t, elsewhere.Found(false))
	t.Cleanup(func() { must(t, elsewhere.Close()) })
	moves := 0
	storages := l.Catalog.Storages
	l.Catalog = &vod.Catalog{Store: l.Store, Log: l.Log, Storages: map[string]vod.Storage{
		"elsewhere": elsewhere,
		storageID: &moving{storages[storageID], func(key string) {
			if moves++; moves > 1 {
				return
			}
			must(t, os.MkdirAll(filepath.Join(other, filepath.Dir(key)), 0o755))
			must(t, os.Rename(l.path(key), filepath.Join(other, key)))
			to := vod.Moved{Draft: 77, StorageID: "elsewhere", ObjectKey: key, StorageClass: vod.StorageClassIA, At: time.Now()}
			must(t, l.MoveAsset(t.Context(), a, to))
		}},
	}}
	// What is made of it goes where it is now.
	l.Parts.Intake.Storages["elsewhere"] = elsewhere
	out, err := l.run(t, 1, process.Flow{Covers: []process.Cover{{Definition: 10, At: "1s"}}})
	must(t, err)
	wantSteps(t, out, process.StepCover)
	if moves != 1 {
		t.Errorf("moved %d times", moves)
	}
}
