package recorder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// TestGaps checks how gaps become one, and that they stay few.
func TestGaps(t *testing.T) {
	var g gaps
	var done []Gap
	add := func(x Gap) {
		if d := g.add(x); d != nil {
			done = append(done, *d)
		}
	}
	add(Gap{At: 1 * time.Second, Units: 1, Bytes: 10, Reason: "a"})
	add(Gap{At: 1500 * time.Millisecond, Length: time.Second, Units: 2, Bytes: 20, Reason: "a"})
	add(Gap{At: 2500 * time.Millisecond, Units: 1, Reason: "a"})
	add(Gap{At: 3 * time.Second, Units: 1, Reason: "b"})
	add(Gap{At: 5 * time.Second, Units: 1, Reason: "b"})
	want := []Gap{{At: time.Second, Length: time.Second, Units: 4, Bytes: 30, Reason: "a"}, {At: 3 * time.Second, Units: 1, Reason: "b"}}
	if len(done) != 2 || done[0] != want[0] || done[1] != want[1] || g.last.At != 5*time.Second {
		t.Errorf("%+v and %+v", done, g.last)
	}
	for i := range 3 * maxGaps {
		add(Gap{At: time.Duration(10*i) * time.Second, Units: 1, Reason: "c"})
	}
	units := g.take().Units
	for _, d := range done {
		units += d.Units
	}
	if len(done)+1 != maxGaps || units != 6+3*maxGaps {
		t.Errorf("%d gaps of %d units", len(done)+1, units)
	}
}

// at returns a small frame of sound.
func at(track *media.Track, ms int64) *media.Unit {
	return &media.Unit{Track: track, DTS: ms, PTS: ms, RandomAccess: true, Payload: []byte("frame"), Wall: time.Now()}
}

// TestGapPlace: a unit that a file cannot take is told at its place in the file, also after the file went on with other tracks.
func TestGapPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		m := newManager(scratch(t), &c)
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("hls"))
		a, b := mediatest.AAC(1, 1000), mediatest.OtherAAC(1, 1000)
		for i := range int64(1000) {
			u := at(a, i*20)
			if i >= 500 {
				u.Track = b
			}
			if i == 750 {
				u.Payload = make([]byte, 9000)
			}
			write(t, s, []*media.Unit{u}, 1)
			time.Sleep(20 * time.Millisecond)
			synctest.Wait()
		}
		s.End(stream.EndClient, "")
		closeManager(t, m)
		for _, f := range c.list() {
			if len(f.Gaps) != 1 || f.Gaps[0].At != 15*time.Second || f.Gaps[0].Bytes != 9000 {
				t.Errorf("gaps %+v", f.Gaps)
			}
		}
	})
}

// TestRefusedUnits: a publisher that only sends what a format cannot take makes neither memory nor the catalogue grow.
func TestRefusedUnits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		m := newManager(scratch(t), &c)
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("hls"))
		video := mediatest.H264(1, 1000)
		write(t, s, mediatest.Pictures(video, 100, 0, 40), 10)
		for i := range int64(20000) {
			u := at(video, 4000+i)
			u.Payload = []byte{0, 0, 0, 0}
			write(t, s, []*media.Unit{u}, 1)
			if i%50 == 0 {
				time.Sleep(50 * time.Millisecond)
				synctest.Wait()
			}
			if i%5000 == 4999 {
				for _, rec := range m.recordings() {
					for _, o := range rec.outputs {
						if len(o.journ) > 64<<10 {
							t.Errorf("%d bytes of journal in memory", len(o.journ))
						}
					}
				}
			}
		}
		s.End(stream.EndClient, "")
		closeManager(t, m)
		files := c.list()
		units := 0
		for _, g := range files[0].Gaps {
			units += g.Units
		}
		if len(files) != 1 || units != 20000 || len(files[0].Gaps) > 30 {
			t.Errorf("%d gaps tell of %d units", len(files[0].Gaps), units)
		}
	})
}

// TestBeginFails: a catalogue that does not answer is not asked more often for it, and knows the file in the end.
func TestBeginFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c catalogue
		m := newManager(scratch(t), &c)
		asked := make(chan File, 100)
		m.OnBegin = func(_ context.Context, f File) error {
			asked <- f
			if len(asked) < 3 {
				return errors.New("locked")
			}
			return nil
		}
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec("flv"))
		track := mediatest.AAC(1, 1000)
		for i := range int64(2000) {
			write(t, s, []*media.Unit{at(track, i*20)}, 1)
			time.Sleep(20 * time.Millisecond)
			synctest.Wait()
		}
		s.End(stream.EndClient, "")
		closeManager(t, m)
		if len(asked) != 3 {
			t.Errorf("asked %d times in 40 s", len(asked))
		}
	})
}

// TestPutAsideTwice: a file that cannot be read has been put aside, but the process was killed before its old name was removed.
func TestPutAsideTwice(t *testing.T) {
	dir := scratch(t)
	var c catalogue
	m := newManager(dir, &c)
	open(t, m)
	closeManager(t, m)
	lost := filepath.Join(dir, lostDir)
	if err := os.Mkdir(lost, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"123.flv", "124.flv"} {
		if err := os.WriteFile(filepath.Join(dir, openDir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(dir, openDir, "123.flv"), filepath.Join(lost, "123.flv")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(lost, "124.flv"), []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	m = newManager(dir, &c)
	open(t, m)
	if _, err := m.Recover(t.Context()); err != nil {
		t.Error(err)
	}
	closeManager(t, m)
	if names := tree(t, dir); len(names) != 4 {
		t.Errorf("left: %q", names)
	}
}

// TestGapsOverWriteErrors: gaps that the journal does not have yet are told although the disk fails, at the end of a file as well.
func TestGapsOverWriteErrors(t *testing.T) {
	for name, atEnd := range map[string]bool{"in the middle": false, "at the end": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var c catalogue
				m := newManager(scratch(t), &c)
				var failing atomic.Bool
				m.before = func(o op) error {
					if o.kind == "write" && strings.HasSuffix(o.name, ".mp4") && failing.Swap(false) {
						return errors.New("the disk is full")
					}
					return nil
				}
				open(t, m)
				var h stream.Hub
				s := publish(t, m, &h, spec("mp4"))
				track := mediatest.AAC(1, 1000)
				push := func(from, to int64) {
					for i := from; i < to; i++ {
						write(t, s, []*media.Unit{at(track, i*21)}, 1)
						time.Sleep(21 * time.Millisecond)
						synctest.Wait()
					}
				}
				push(0, 200)
				for _, rec := range m.recordings() {
					for _, o := range rec.outputs {
						for i, g := range []Gap{{Units: 3, Reason: "x"}, {Units: 4, Reason: "y"}} {
							if err := o.gap(g); err != nil {
								t.Fatal(i, err)
							}
						}
					}
				}
				failing.Store(true)
				if !atEnd {
					push(200, 2000)
				}
				s.End(stream.EndClient, "")
				closeManager(t, m)
				told := map[string]int{}
				for _, g := range c.list()[0].Gaps {
					told[g.Reason] += g.Units
				}
				if told["x"] != 3 || told["y"] != 4 {
					t.Errorf("told %v", told)
				}
			})
		})
	}
}
