package rewind

import (
	"io/fs"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder"
)

// TestNoJoinNoStart: where nothing joins, and no random access point comes either, it goes on after some seconds with what comes.
func TestNoJoinNoStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		units := show(2*time.Minute, 0)
		for i, u := range units {
			if u.Track.Codec.Kind() == media.Video && u.Time() > 30*time.Second {
				c := *u
				c.RandomAccess = false
				units[i] = &c
			}
		}
		s, kept := r.publish(units)
		sleep(40 * time.Second)
		kept.upTo = len(r.sent(kept)) - 200
		from, until := time.Now().Add(-20*time.Second), time.Now().Add(40*time.Second)
		_, done := r.play(s, from, until, specFor("flv"))
		sleep(25 * time.Second) // what is held, to wait for the join, for a start, and some
		if a := r.rec.Active(); len(a) != 1 || a[0].Duration < 35*time.Second {
			t.Errorf("what waits is not recorded: %+v", a)
		}
		<-done
		files := r.recorded()
		r.close()
		if len(files) != 1 || len(files[0].Gaps) == 0 || files[0].Gaps[0].Reason != whyNoJoin {
			t.Fatalf("%+v", files)
		}
		got := ofKind(r.unitsOf(files[0]), media.Audio)
		want := ofKind(window(r.sent(kept), from, until), media.Audio)
		if missing := len(want) - len(got); missing > len(want)/2 {
			t.Errorf("%d of %d units of sound are missing", missing, len(want))
		}
		if string(got[len(got)-1].Payload) != string(want[len(want)-1].Payload) {
			t.Error("it does not go on to the end of the window")
		}
	})
}

// TestFilesMoved: a file that is finished between the look at the catalogue and the reading is found where it is then.
func TestFilesMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		looks := 0
		r.feeder.Pasts = []Past{&Files{Formats: r.rec.Formats, Find: func(key media.StreamKey, from, to time.Time) ([]Source, error) {
			found, err := r.sources(key, from, to)
			for i := range found {
				if looks++; looks < 30 && !found[i].Growing {
					found[i].Open = func() (Object, error) { return nil, fs.ErrNotExist }
				}
			}
			return found, err
		}}}
		s, kept := r.publish(unique(show(time.Minute, 0)))
		r.record(s, "mp4", 20*time.Second)
		sleep(50 * time.Second)
		from, until := time.Now().Add(-45*time.Second), time.Now().Add(-5*time.Second)
		_, done := r.play(s, from, until, specFor("mp4"))
		<-done
		files := r.ofTask()
		r.close()
		if len(files) != 1 {
			t.Fatalf("%d files", len(files))
		}
		about(t, r.unitsOf(files[0]), r.sent(kept), from, until)
	})
}

// TestFilesInParts: of more files than are found at once all are recorded, also where the stream goes on.
func TestFilesInParts(t *testing.T) {
	for name, goesOn := range map[string]bool{"ended": false, "live": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 0)
				r.feeder.Pasts = []Past{&Files{Formats: r.rec.Formats, Find: func(key media.StreamKey, from, to time.Time) ([]Source, error) {
					found, err := r.sources(key, from, to)
					slices.SortFunc(found, func(a, b Source) int { return a.Start.Compare(b.Start) })
					if len(found) > 4 {
						found = found[:4]
					}
					return found, err
				}}}
				s, kept := r.publish(unique(show(3*time.Minute, 0)))
				r.record(s, "flv", 10*time.Second)
				sleep(2 * time.Minute)
				until := time.Now().Add(10 * time.Second)
				if !goesOn {
					sleep(2 * time.Minute)
					s, until = nil, time.Now()
				}
				_, done := r.play(s, r.sent(kept)[0].Wall, until, specFor("flv"))
				<-done
				files := r.ofTask()
				r.close()
				if len(files) != 1 || len(files[0].Gaps) != 0 || files[0].Reason != recorder.CutWindowEnd {
					t.Fatalf("%+v", files)
				}
				about(t, r.unitsOf(files[0]), r.sent(kept), r.sent(kept)[0].Wall, until)
			})
		})
	}
}

// TestStall: a stretch in which nothing came for minutes is recorded whole.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		units := show(40*time.Second, 0)
		for i, u := range units {
			if u.Time() >= 20*time.Second+320*time.Millisecond {
				c := *u
				c.DTS, c.PTS = c.DTS+150_000, c.PTS+150_000
				units[i] = &c
			}
		}
		_, kept := r.publish(units)
		sleep(4 * time.Minute)
		_, done := r.play(nil, r.sent(kept)[0].Wall, time.Now(), specFor("flv"))
		<-done
		files := r.recorded()
		r.close()
		if len(files) != 1 || len(files[0].Gaps) != 0 {
			t.Fatalf("%+v", files)
		}
		same(t, r.unitsOf(files[0]), r.sent(kept), time.Millisecond)
	})
}
