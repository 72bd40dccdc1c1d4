package recorder

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/flv"
)

// TestWindowHoldsLittle: before a window begins no more is kept of a long group of pictures than a file may hold back.
func TestWindowHoldsLittle(t *testing.T) {
	windowed(t, 0, func(t *testing.T, sh *interrupted) {
		if !sh.format.Supports(mediatest.H264(1, 1000).Codec) {
			return
		}
		begin := time.Now()
		pictures := mediatest.Pictures(mediatest.H264(1, 1000), 60, 0, 40)
		for i, u := range pictures {
			c := *u
			c.RandomAccess = i == 0
			pictures[i] = mediatest.Grow(&c, maxHeld/10)
		}
		sh.task("1", Window{Since: begin.Add(2 * time.Second)})
		sh.more(pictures)
		sh.drop()
		time.Sleep(window)
		f := sh.done(1)[0]
		if n := catalogued([]File{f}); n != 19 {
			t.Errorf("%d pictures: 10 are in the window, 9 are held before it", n)
		}
		if len(f.Gaps) != 1 || f.Gaps[0] != (Gap{Reason: whyUndecodable}) {
			t.Errorf("gaps %+v", f.Gaps)
		}
	})
}

// TestWindowReleases: what is before, in and after a window is released.
func TestWindowReleases(t *testing.T) {
	long := mediatest.Pictures(mediatest.H264(1, 1000), 30, 0, 40)
	for i, u := range long {
		c := *u
		c.RandomAccess = i == 0
		long[i] = mediatest.Grow(&c, maxHeld/10)
	}
	for name, c := range map[string]struct {
		window Window
		units  []*media.Unit
	}{
		"in the middle": {Window{Since: mediatest.Wall.Add(2 * time.Second), Until: mediatest.Wall.Add(3 * time.Second)}, nil},
		"backlog":       {Window{Backlog: true, Until: mediatest.Wall.Add(time.Second)}, nil},
		"never":         {Window{Since: mediatest.Wall.Add(time.Hour)}, nil},
		"over":          {Window{Until: mediatest.Wall}, nil},
		"a long group":  {Window{Since: mediatest.Wall.Add(time.Second)}, long},
	} {
		if c.units == nil {
			c.units = show(4*time.Second, 0)
		}
		before, after := split(c.units, 500*time.Millisecond)
		t.Run(name, func(t *testing.T) {
			windowed(t, gopCache, func(t *testing.T, sh *interrupted) {
				var lent []*media.Unit
				send := func(units []*media.Unit) {
					for _, u := range units {
						one, done := mediatest.Lend([]*media.Unit{u})
						if err := sh.live.Write(one); err != nil {
							t.Fatal(err)
						}
						done()
						lent = append(lent, one...)
						synctest.Wait()
					}
				}
				send(before)
				sh.task("1", c.window)
				send(after)
				sh.drop()
				time.Sleep(window + tickEvery)
				closeManager(t, sh.m)
				for i, u := range lent {
					if u.Track != nil {
						t.Fatalf("unit %d of %d is never released", i, len(lent))
					}
				}
			})
		})
	}
}

// loose returns a recording of a window that no manager looks after.
func loose(t testing.TB, w Window) *recording {
	t.Helper()
	var h stream.Hub
	s, err := h.Publish(stream.Publisher{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	rec := newRecording(newManager("", &catalogue{}), spec("flv"), flv.Format{}, s)
	rec.window = newSpan(w)
	rec.attach()
	return rec
}

// TestWindowLoss: of what was lost before a window nobody is told, and it does not begin with what came before that.
func TestWindowLoss(t *testing.T) {
	pictures := mediatest.Pictures(mediatest.H264(1, 1000), 15, 0, 40)
	rec := loose(t, Window{Since: mediatest.Wall.Add(480 * time.Millisecond)})
	first := stream.Batch{Units: pictures[:5]}
	if rec.within(&first); len(first.Units) > 0 {
		t.Errorf("%d units before the window", len(first.Units))
	}
	second := stream.Batch{Lost: stream.Lost{Units: 6, Bytes: 600}, Units: slices.Clone(pictures[11:])}
	if rec.within(&second); !slices.Equal(second.Units, pictures[11:]) || second.Lost != (stream.Lost{}) {
		t.Errorf("%d units, %+v lost; want the %d after the loss", len(second.Units), second.Lost, len(pictures[11:]))
	}
	third := stream.Batch{Lost: stream.Lost{Units: 1, Bytes: 100}}
	if rec.within(&third); third.Lost.Units != 1 {
		t.Errorf("%+v lost within the window", third.Lost)
	}
}

// TestWindowHasNoMonotonicClock: a clock that is set moves the end of a window.
func TestWindowHasNoMonotonicClock(t *testing.T) {
	now := time.Now()
	rec := loose(t, Window{Since: now, Until: now.Add(time.Hour)})
	until := rec.window.until
	(&Handle{rec: rec}).Stop(now.Add(time.Minute))
	rec.window.mind()
	for _, at := range []time.Time{rec.window.since, until, rec.window.until} {
		if at != at.Round(0) {
			t.Errorf("%v has a monotonic clock", at)
		}
	}
}

// TestTickAfterTheEnd: a recording that another one has brought to its end is left alone.
func TestTickAfterTheEnd(t *testing.T) {
	rec := loose(t, Window{})
	rec.finish(CutStopped)
	rec.tick(time.Now().Add(time.Minute))
	if rec.seg != nil {
		t.Error("it lives again")
	}
}

// BenchmarkWithin is what a window costs per second of media.
func BenchmarkWithin(b *testing.B) {
	units := show(time.Second, 0)
	rec := loose(b, Window{Until: mediatest.Wall.Add(time.Hour)})
	b.ReportAllocs()
	for b.Loop() {
		batch := stream.Batch{Units: units}
		if rec.within(&batch); len(batch.Units) != len(units) {
			b.Fatal("units are missing")
		}
	}
}
