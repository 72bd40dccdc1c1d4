package rewind

import (
	"cmp"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder"
)

// TestJoin: what began in the past goes on live, in every format, with no unit lost or doubled at the seam.
func TestJoin(t *testing.T) {
	file := map[int]*media.Track{1: mediatest.H264(1, 90000), 2: mediatest.AAC(2, 90000)}
	swapped := map[int]*media.Track{1: mediatest.H264(2, 1000), 2: mediatest.AAC(1, 1000)}
	for name, c := range map[string]struct {
		gop   int
		rough time.Duration
		apply func(*remembered)
	}{
		"a ring":             {gop: 8 << 20, apply: func(k *remembered) { k.lag = 300 * time.Millisecond }},
		"a ring, no backlog": {apply: func(k *remembered) { k.lag = 300 * time.Millisecond }},
		"a quick ring":       {apply: func(*remembered) {}},
		"a file": {gop: 8 << 20, rough: 2 * time.Second, apply: func(k *remembered) {
			k.late, k.lag, k.shift, k.as = time.Second, 700*time.Millisecond, -100*time.Second, file
		}},
		"a file with other tracks": {rough: 2 * time.Second, apply: func(k *remembered) {
			k.late, k.lag, k.shift, k.as = -300*time.Millisecond, time.Second, time.Hour, swapped
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, c.gop)
				units := show(2*time.Minute, 100_000)
				if r.past.rough = cmp.Or(c.rough, time.Millisecond); c.rough > 0 {
					units = unique(units)
				}
				s, kept := r.publish(units)
				c.apply(kept)
				sleep(40*time.Second + 123*time.Millisecond)
				from, until := time.Now().Add(-20*time.Second), time.Now().Add(10*time.Second)
				_, done := r.play(s, from, until, specFor("flv"), specFor("mp4"), specFor("hls"), specFor("aac"))
				<-done
				if late := time.Since(until); late > time.Second || late < 0 {
					t.Errorf("it was done %v after its end", late)
				}
				files := r.recorded()
				r.close()
				if len(files) != 4 {
					t.Fatalf("%d files", len(files))
				}
				want := window(r.sent(kept), from.Add(-kept.late), until)
				for _, f := range files {
					what := want
					if f.Spec.Format == "aac" {
						what = ofKind(want, media.Audio)
						same(t, r.unitsOf(f), what, time.Second)
					} else {
						same(t, r.unitsOf(f), what, 2*time.Millisecond)
					}
					if f.Reason != recorder.CutWindowEnd || len(f.Gaps) != 0 || f.Start.Sub(what[0].Wall.Add(kept.late)).Abs() > time.Millisecond || f.Spec.SessionID != s.ID {
						t.Errorf("%s: %s, gaps %v, start %v, want %v", f.Spec.Format, f.Reason, f.Gaps, f.Start, what[0].Wall)
					}
				}
			})
		})
	}
}

// TestClip: a stretch that lies in the past is ready at once, while the stream goes on, up to its last moment, and after its end.
func TestClip(t *testing.T) {
	for name, c := range map[string]struct{ length, ago, before time.Duration }{
		"long ago":            {length: time.Minute, ago: 30 * time.Second, before: 20 * time.Second},
		"up to now":           {length: time.Minute, ago: 30 * time.Second},
		"of what has ended":   {length: 20 * time.Second, ago: 35 * time.Second, before: 21 * time.Second},
		"to the very end":     {length: 20 * time.Second, ago: 30 * time.Second, before: 5 * time.Second},
		"from the very start": {length: time.Minute, ago: time.Hour, before: 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 0)
				s, kept := r.publish(show(c.length, 0))
				kept.lag = 300 * time.Millisecond
				sleep(40*time.Second + 77*time.Millisecond)
				from, until := time.Now().Add(-c.ago), time.Now().Add(-c.before)
				if s.Ended() != nil {
					s = nil
				}
				begin := time.Now()
				_, done := r.play(s, from, until, specFor("mp4"))
				<-done
				if took := time.Since(begin); took > time.Second {
					t.Errorf("it took %v", took)
				}
				files := r.recorded()
				want := window(r.sent(kept), from, until)
				r.close()
				if len(files) != 1 {
					t.Fatalf("%d files", len(files))
				}
				same(t, r.unitsOf(files[0]), want, 2*time.Millisecond)
			})
		})
	}
}

// TestSessions: sessions one after the other are files of their own; HLS goes on in one if the template says so, and only that long.
func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		_, one := r.publish(show(10*time.Second, 5000))
		sleep(15 * time.Second)
		_, two := r.publish(show(10*time.Second, 0))
		sleep(2 * time.Minute)
		s, three := r.publish(show(time.Minute, 9000))
		sleep(20 * time.Second)
		waits := specFor("hls")
		waits.FlowContinueDuration = 30 * time.Second
		until := time.Now().Add(5 * time.Second)
		_, done := r.play(s, time.Now().Add(-time.Hour), until, specFor("flv"), waits)
		<-done
		files := r.recorded()
		var flvs, lists []recorder.File
		for _, f := range files {
			if f.Spec.Format == "flv" {
				flvs = append(flvs, f)
			} else {
				lists = append(lists, f)
			}
		}
		last := window(r.sent(three), r.sent(three)[0].Wall, until)
		r.close()
		if len(flvs) != 3 || len(lists) != 2 {
			t.Fatalf("%d FLV files, %d HLS", len(flvs), len(lists))
		}
		same(t, r.unitsOf(flvs[0]), one.units, time.Millisecond)
		same(t, r.unitsOf(flvs[1]), two.units, time.Millisecond)
		same(t, r.unitsOf(flvs[2]), last, time.Millisecond)
		if n, want := len(r.unitsOf(lists[0])), len(one.units)+len(two.units); n != want {
			t.Errorf("the first HLS file has %d units, want %d", n, want)
		}
		if g := lists[0].Gaps; len(g) != 1 || g[0].Length < 4*time.Second || g[0].Length > 6*time.Second {
			t.Errorf("its gaps: %v", g)
		}
		same(t, r.unitsOf(lists[1]), last, time.Millisecond)
	})
}

// TestNoJoin: where the past does not reach up to the present, the recording goes on behind a gap, with a picture that can be decoded.
func TestNoJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		s, kept := r.publish(show(2*time.Minute, 0))
		sleep(40 * time.Second)
		kept.upTo = len(r.sent(kept)) - 200
		until := time.Now().Add(20 * time.Second)
		from := time.Now().Add(-20 * time.Second)
		_, done := r.play(s, from, until, specFor("flv"))
		<-done
		files := r.recorded()
		r.close()
		if len(files) != 1 || len(files[0].Gaps) != 1 || files[0].Gaps[0].Reason != whyNoJoin {
			t.Fatalf("%+v", files)
		}
		got := ofKind(r.unitsOf(files[0]), media.Video)
		before := ofKind(window(r.sent(kept)[:kept.upTo], from, until), media.Video)
		after := ofKind(window(r.sent(kept), from, until), media.Video)
		n := len(got) - len(before)
		same(t, got[:len(before)], before, time.Millisecond)
		same(t, got[len(before):], after[len(after)-n:], time.Millisecond)
		if !got[len(before)].RandomAccess {
			t.Error("it goes on within a group of pictures")
		}
		gap := after[len(after)-n].Time() - before[len(before)-1].Time()
		if d := got[len(before)].Time() - got[len(before)-1].Time() - gap; d.Abs() > 50*time.Millisecond {
			t.Errorf("the time line is off by %v", d)
		}
		if d := files[0].Gaps[0].Length - gap; d.Abs() > 100*time.Millisecond {
			t.Errorf("the gap is %v, want %v", files[0].Gaps[0].Length, gap)
		}
	})
}

// TestEndsWhileCatchingUp: all that was received is recorded of a stream that ends before the past has been read.
func TestEndsWhileCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		s, kept := r.publish(show(40*time.Second, 0))
		kept.lag = 3 * time.Second
		sleep(39 * time.Second)
		from := time.Now().Add(-30 * time.Second)
		_, done := r.play(s, from, time.Now().Add(time.Minute), specFor("flv"))
		<-done
		files := r.recorded()
		r.close()
		if len(files) != 1 || files[0].Reason != recorder.CutStreamEnd {
			t.Fatalf("%+v", files)
		}
		same(t, r.unitsOf(files[0]), window(r.sent(kept), from, time.Now()), time.Millisecond)
	})
}

// TestStop: who stops gets what was received until then, also of what is still to be read.
func TestStop(t *testing.T) {
	for _, after := range []time.Duration{0, 10 * time.Second} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 0)
				s, kept := r.publish(show(2*time.Minute, 0))
				sleep(30 * time.Second)
				from := time.Now().Add(-20 * time.Second)
				p, done := r.play(s, from, time.Now().Add(time.Minute), specFor("flv"))
				sleep(after + 2*time.Millisecond) // no unit comes just then
				at := time.Now()
				p.Stop(at)
				<-done
				files := r.recorded()
				r.close()
				if len(files) != 1 || files[0].Reason != recorder.CutStopped {
					t.Fatalf("%+v", files)
				}
				same(t, r.unitsOf(files[0]), window(r.sent(kept), from, at), time.Millisecond)
			})
		})
	}
}

// TestShutdown: a stop of the server records what was received, and leaves no goroutine.
func TestShutdown(t *testing.T) {
	for _, after := range []time.Duration{0, 10 * time.Second} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, 0)
				s, kept := r.publish(show(2*time.Minute, 0))
				sleep(30 * time.Second)
				from := time.Now().Add(-20 * time.Second)
				_, done := r.play(s, from, time.Now().Add(time.Minute), specFor("flv"))
				sleep(after + time.Millisecond)
				r.close()
				<-done
				files := r.recorded()
				if len(files) != 1 {
					t.Fatalf("%+v", files)
				}
				got, want := r.unitsOf(files[0]), window(r.sent(kept), from, time.Now().Add(1))
				if after == 0 { // as far as it came
					want = want[:len(got)]
				}
				same(t, got, want, time.Millisecond)
				if _, err := r.feeder.Play(Job{Held: make([]Held, 1)}); !errors.Is(err, ErrClosed) {
					t.Errorf("after the end: %v", err)
				}
			})
		})
	}
}

// TestGaps: what is missing at the beginning, and within, is in the list of gaps, at its place.
func TestGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		_, kept := r.publish(show(30*time.Second, 0))
		sleep(40 * time.Second)
		begin := r.sent(kept)[0].Wall
		kept.gaps = []Gap{{At: begin.Add(10 * time.Second), Units: 7, Reason: "lost"}}
		held, err := r.feeder.Find(studio, begin.Add(-time.Minute), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		_, err = r.feeder.Play(Job{
			Key: studio, Specs: []recorder.Spec{specFor("flv")}, From: begin.Add(-time.Minute), Until: time.Now(), Held: held,
			Gaps: []recorder.WindowGap{{At: begin.Add(-time.Minute), Length: time.Minute, Reason: "not held"}}, Done: func() { close(done) },
		})
		if err != nil {
			t.Fatal(err)
		}
		<-done
		files := r.recorded()
		r.close()
		if len(files) != 1 {
			t.Fatalf("%+v", files)
		}
		gaps := files[0].Gaps
		if len(gaps) != 2 || gaps[0] != (recorder.Gap{Length: time.Minute, Reason: "not held"}) || gaps[1].Units != 7 ||
			(gaps[1].At-10*time.Second).Abs() > 100*time.Millisecond {
			t.Errorf("gaps: %+v", gaps)
		}
	})
}

// TestSlowRecorder: what the recorder has not taken is bounded, and all of it comes.
func TestSlowRecorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		_, kept := r.publish(show(5*time.Minute, 0))
		sleep(6 * time.Minute)
		var readers []*stream.Reader
		r.feeder.Record = func(spec recorder.Spec, s *stream.Stream, w recorder.Window) (*recorder.Handle, error) {
			readers = append(readers, s.NewReader(stream.ReaderOptions{HoldsBack: true}))
			return r.rec.RecordWindow(spec, s, w)
		}
		_, done := r.play(nil, r.sent(kept)[0].Wall, time.Now(), specFor("flv"))
		var got []*media.Unit
		for end := (*stream.End)(nil); end == nil; sleep(time.Second) {
			b := readers[0].Take()
			if b.Lost.Units > 0 {
				t.Fatalf("lost %+v", b.Lost)
			}
			if n := len(b.Units); n > 0 && b.Units[n-1].Wall.Sub(b.Units[0].Wall) > aheadTime+10*time.Second {
				t.Errorf("%v at once", b.Units[n-1].Wall.Sub(b.Units[0].Wall))
			}
			got = append(got, b.Units...)
			end = b.End
		}
		<-done
		readers[0].Close()
		r.close()
		same(t, got, r.sent(kept), 0)
	})
}

// TestBroken: what cannot be read ends the recording there, and takes nothing else with it.
func TestBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 0)
		_, kept := r.publish(show(20*time.Second, 0))
		sleep(30 * time.Second)
		kept.broken, kept.upTo = errors.New("bad sector"), 300
		_, done := r.play(nil, r.sent(kept)[0].Wall, time.Now(), specFor("flv"))
		<-done
		files := r.recorded()
		r.close()
		if len(files) != 1 {
			t.Fatalf("%+v", files)
		}
		same(t, r.unitsOf(files[0]), r.sent(kept)[:300], time.Millisecond)
	})
}
