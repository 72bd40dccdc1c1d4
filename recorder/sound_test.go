package recorder

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/aac"
)

// TestSoundAlone records a show into AAC: the sound of it, cut by RecordInterval, with no word about the pictures. A pause in the sound
// is told as a gap, because ADTS holds no times.
func TestSoundAlone(t *testing.T) {
	dir := scratch(t)
	var c catalogue
	m := newManager(dir, &c)
	open(t, m)
	var h stream.Hub
	sp := spec("aac")
	sp.Interval = 2 * time.Second
	s := publish(t, m, &h, sp)
	units := show(5*time.Second, 0)
	frames := ofKind(units, media.Audio)
	units = slices.DeleteFunc(units, func(u *media.Unit) bool {
		return u.Track.Codec.Kind() == media.Audio && u.DTS >= 1000 && u.DTS < 1500
	})
	write(t, s, units, 20)
	s.End(stream.EndClient, "")
	closeManager(t, m)

	files := c.list()
	if len(files) != 3 {
		t.Fatalf("%d files, want 3", len(files))
	}
	n := 0
	for i, f := range files {
		n += len(read(t, aac.Format{}, filepath.Join(dir, f.ObjectKey)))
		if want := []int{1, 0, 0}[i]; len(f.Gaps) != want {
			t.Errorf("file %d: gaps %+v", i, f.Gaps)
		}
	}
	if want := len(frames) - 23; n < want-1 || n > want+1 {
		t.Errorf("%d frames of %d, half a second is missing", n, len(frames))
	}
	if g := files[0].Gaps; len(g) == 1 && (g[0].At < 980*time.Millisecond || g[0].At > 1020*time.Millisecond || g[0].Units != 0) {
		t.Errorf("%+v", g[0])
	}
}

// TestKillSound kills a recording of sound before each change of the storage, and recovers.
func TestKillSound(t *testing.T) {
	units := sound(mediatest.AAC(2, 1000), 2500*time.Millisecond, 0)
	states, all := recordAndWatch(t, "aac", units)
	if len(all) != 3 || len(states) < 40 {
		t.Fatalf("%d files, %d states", len(all), len(states))
	}
	for i, st := range states {
		there := wholeUnits(t, aac.Format{}, st)
		if i%12 == 0 {
			killRecovery(t, st, aac.Format{}, units)
		}
		checkRecovered(t, st, recovery(t, st, nil), aac.Format{}, units, there)
	}
}
