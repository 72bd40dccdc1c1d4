package rewind

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
	"aircheck/recorder/container"
)

// disk is an Object.
type disk struct {
	*os.File
	size int64
}

func (d disk) Size() int64 { return d.size }

// sources tells Files of what the rig's recorder has recorded, and is recording.
func (r *studioRig) sources(_ media.StreamKey, from, to time.Time) (out []Source, err error) {
	open := func(key string, size int64) func() (Object, error) {
		return func() (Object, error) {
			f, err := os.Open(filepath.Join(r.rec.Dir, filepath.FromSlash(key)))
			if err != nil {
				return nil, err
			}
			if size < 0 {
				info, err := f.Stat()
				if err != nil {
					return nil, err
				}
				size = info.Size()
			}
			return disk{f, size}, nil
		}
	}
	for _, a := range r.rec.Active() {
		if a.FileID != 0 {
			out = append(out, Source{
				ID: a.FileID, SessionID: a.Spec.SessionID, Cause: a.Spec.Cause, Format: a.Spec.Format, Start: a.Start,
				End: a.Start.Add(a.Duration), Growing: true, Video: a.Spec.Format != "aac", Audio: true,
				Open: open(recorder.UnfinishedKey(a.FileID, a.Spec.Format), a.Bytes),
			})
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.files {
		out = append(out, Source{
			ID: f.ID, SessionID: f.Spec.SessionID, Cause: f.Spec.Cause, Format: f.Spec.Format, Start: f.Start, End: f.End,
			Video: f.Spec.Format != "aac", Audio: true, Gaps: f.Gaps, Open: open(f.ObjectKey, -1),
		})
	}
	return slices.DeleteFunc(out, func(s Source) bool { return s.End.Before(from) || !s.Start.Before(to) }), nil
}

func (r *studioRig) useFiles() {
	r.feeder.Pasts = []Past{&Files{Find: r.sources, Formats: r.rec.Formats}}
}

// record has a stream recorded by a rule, in files of a length.
func (r *studioRig) record(s *stream.Stream, format string, interval time.Duration) {
	r.t.Helper()
	spec := recorder.Spec{Key: studio, SessionID: s.ID, Format: format, Interval: interval, Cause: recorder.Cause{Kind: "rule", ID: "r"}}
	if err := r.rec.Record(spec, s); err != nil {
		r.t.Fatal(err)
	}
}

// ofTask returns the files that a task made.
func (r *studioRig) ofTask() []recorder.File {
	return slices.DeleteFunc(r.recorded(), func(f recorder.File) bool { return f.Spec.Cause.Kind != "task" })
}

// about demands that got is a stretch of units that begins with a random access point and is as long as wanted, but for what the times of a
// file may be off.
func about(t *testing.T, got, units []*media.Unit, from, until time.Time) {
	t.Helper()
	if len(got) == 0 {
		t.Fatal("nothing")
	}
	video := ofKind(units, media.Video)
	first := slices.IndexFunc(video, func(u *media.Unit) bool { return string(u.Payload) == string(ofKind(got, media.Video)[0].Payload) })
	if first < 0 {
		t.Fatal("it begins with something else")
	}
	begin := video[first]
	end := begin.Time() + until.Sub(begin.Wall)
	var want []*media.Unit
	for _, u := range units {
		if u.Time() >= begin.Time()-time.Millisecond && u.Time() < end {
			want = append(want, u)
		}
	}
	if late := begin.Wall.Sub(from); late > 50*time.Millisecond || late < -2*time.Second || !begin.RandomAccess {
		t.Errorf("it begins %v after what was asked for", late)
	}
	// A unit of sound may lie on either side of the ends.
	g, w := ofKind(got, media.Audio), ofKind(want, media.Audio)
	for len(w) > 0 && len(g) > 0 && string(w[0].Payload) != string(g[0].Payload) && w[0].Time() < begin.Time()+50*time.Millisecond {
		w = w[1:]
	}
	n := min(len(g), len(w))
	if len(g)-n > 3 || len(w)-n > 3 {
		t.Errorf("%d units of sound, want %d", len(g), len(w))
	}
	gv, wv := ofKind(got, media.Video), ofKind(want, media.Video)
	m := min(len(gv), len(wv))
	if len(gv)-m > 2 || len(wv)-m > 2 {
		t.Errorf("%d pictures, want %d", len(gv), len(wv))
	}
	same(t, append(slices.Clone(gv[:m]), g[:n]...), append(slices.Clone(wv[:m]), w[:n]...), 2*time.Millisecond)
}

// TestFilesGoOn: what a rule records, in files one after the other, is the past of what a task records on.
func TestFilesGoOn(t *testing.T) {
	for _, format := range []string{"flv", "mp4", "hls"} {
		t.Run(format, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 8<<20)
				r.useFiles()
				s, kept := r.publish(unique(show(2*time.Minute, 70_000)))
				r.record(s, format, 15*time.Second)
				sleep(50*time.Second + 321*time.Millisecond)
				from, until := time.Now().Add(-40*time.Second), time.Now().Add(10*time.Second)
				_, done := r.play(s, from, until, specFor("flv"), specFor("mp4"))
				<-done
				files := r.ofTask()
				r.close()
				if len(files) != 2 {
					t.Fatalf("%d files", len(files))
				}
				for _, f := range files {
					if len(f.Gaps) != 0 || f.Reason != recorder.CutWindowEnd {
						t.Errorf("%s, gaps %v", f.Reason, f.Gaps)
					}
					about(t, r.unitsOf(f), r.sent(kept), from, until)
				}
			})
		})
	}
}

// TestFilesClip: clips are cut from recordings of any format, growing and finished, and the best of several is taken.
func TestFilesClip(t *testing.T) {
	for _, format := range []string{"flv", "mp4", "hls"} {
		t.Run(format, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 0)
				r.useFiles()
				s, kept := r.publish(unique(show(time.Minute, 0)))
				r.record(s, format, 20*time.Second)
				r.record(s, "aac", time.Hour)
				sleep(50 * time.Second)
				for i, c := range [][2]time.Duration{{-45 * time.Second, -5 * time.Second}, {-30 * time.Second, -20 * time.Second}, {-20 * time.Second, 0}} {
					from, until := time.Now().Add(c[0]), time.Now().Add(c[1])
					begin := time.Now()
					_, done := r.play(s, from, until, specFor("mp4"))
					<-done
					if took := time.Since(begin); took > time.Second {
						t.Errorf("it took %v", took)
					}
					files := r.ofTask()
					if len(files) != i+1 {
						t.Fatalf("%d files", len(files))
					}
					about(t, r.unitsOf(files[i]), r.sent(kept), from, until)
				}
				sleep(time.Minute)
				from, until := r.sent(kept)[0].Wall, time.Now()
				_, done := r.play(nil, from, until, specFor("flv"))
				<-done
				files := r.ofTask()
				r.close()
				same(t, r.unitsOf(files[3]), r.sent(kept), 2*time.Millisecond)
			})
		})
	}
}

// TestFilesOfSound: a recording of sound alone, with a pause that its format leaves out, is told when it was.
func TestFilesOfSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		r.useFiles()
		sound := mediatest.Sound(mediatest.AAC(1, 1000), 900, 0)
		units := slices.Clone(sound[:400])
		for _, u := range sound[400:] {
			c := *u
			c.DTS, c.PTS = c.DTS+20_000, c.PTS+20_000
			units = append(units, &c)
		}
		s, kept := r.publish(unique(units))
		r.record(s, "aac", time.Hour)
		sleep(time.Minute)
		from := r.sent(kept)[500].Wall
		_, done := r.play(nil, from, time.Now(), specFor("mp4"))
		<-done
		files := r.ofTask()
		r.close()
		if len(files) != 1 {
			t.Fatalf("%d files", len(files))
		}
		if d := files[0].Start.Sub(from); d.Abs() > 100*time.Millisecond {
			t.Errorf("it begins %v after what was asked for", d)
		}
		if n := len(r.unitsOf(files[0])); n < 395 || n > 405 {
			t.Errorf("%d units", n)
		}
	})
}

// TestReadFrom: each format finds a place in a file, finished or not: what follows is all there is, from a random access point at or before it.
func TestReadFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		units := unique(show(90*time.Second, 0))
		for i, u := range units { // some size, so that there is something to be searched
			if u.Track.Codec.Kind() == media.Video {
				units[i] = mediatest.Grow(u, 20<<10)
			}
		}
		s, _ := r.publish(units)
		for _, format := range []string{"flv", "mp4", "hls"} {
			r.record(s, format, time.Hour)
		}
		check := func(what string, src Source) {
			t.Helper()
			o, err := src.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			var format container.Format
			for _, f := range r.rec.Formats {
				if f.Name() == src.Format {
					format = f
				}
			}
			all := list(t, format.Read(o, o.Size()))
			rnd := rand.New(rand.NewPCG(1, 2))
			for range 12 {
				at := time.Duration(rnd.Int64N(int64(58 * time.Second)))
				got := list(t, format.(container.Seeker).ReadFrom(o, o.Size(), at))
				for _, kind := range []media.Kind{media.Video, media.Audio} {
					g, w := ofKind(got, kind), ofKind(all, kind)
					if len(g) == 0 {
						t.Fatalf("%s from %v: nothing", what, at)
					}
					same(t, g, w[len(w)-len(g):], 0)
				}
				first, last := ofKind(got, media.Video)[0], time.Duration(0)
				for _, u := range ofKind(all, media.Video) {
					if u.RandomAccess && u.Time() <= at {
						last = u.Time()
					}
				}
				if first.Time() > last || last-first.Time() > 10*time.Second {
					t.Errorf("%s from %v: it begins at %v, want %v or before", what, at, first.Time(), last)
				}
				if a := ofKind(got, media.Audio)[0]; a.Time() > first.Time()+50*time.Millisecond {
					t.Errorf("%s from %v: sound begins at %v, pictures at %v", what, at, a.Time(), first.Time())
				}
			}
		}
		sleep(time.Minute)
		growing, _ := r.sources(studio, time.Time{}, time.Now())
		for _, src := range growing {
			check("growing "+src.Format, src)
		}
		sleep(2 * time.Minute)
		finished, _ := r.sources(studio, time.Time{}, time.Now())
		if len(growing) != 3 || len(finished) != 3 {
			t.Fatalf("%d growing, %d finished", len(growing), len(finished))
		}
		for _, src := range finished {
			check(src.Format, src)
		}
		r.close()
	})
}

func list(t *testing.T, units func(func(*media.Unit, error) bool)) (out []*media.Unit) {
	t.Helper()
	for u, err := range units {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, u)
	}
	return out
}
