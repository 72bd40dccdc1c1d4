package recorder

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
)

// TestOtherMedia: what comes back may be something else. An HLS recording goes on with all that players take.
func TestOtherMedia(t *testing.T) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	pictures := func(track *media.Track) []*media.Unit { return mediatest.Pictures(track, 175, 0, 40) }
	both := func(v, a *media.Track) []*media.Unit {
		return mediatest.Interleave(pictures(v), sound(a, 7*time.Second, 0))
	}
	slow := mediatest.Interleave(mediatest.Pictures(h264, 70, 0, 100), sound(aac, 7*time.Second, 0))
	for name, sc := range map[string]struct {
		first, then []*media.Unit
		files       map[string]int
	}{
		"the same":              {both(h264, aac), both(mediatest.H264(1, 1000), mediatest.AAC(2, 1000)), map[string]int{"hls": 1, "mp4": 1}},
		"other sound":           {both(h264, aac), both(h264, mediatest.OtherAAC(2, 1000)), map[string]int{"hls": 1, "mp4": 2}},
		"another frame rate":    {both(h264, aac), slow, map[string]int{"hls": 1, "mp4": 1}},
		"no sound":              {both(h264, aac), pictures(h264), map[string]int{"hls": 1, "mp4": 2}},
		"no pictures":           {both(h264, aac), sound(aac, 7*time.Second, 0), map[string]int{"hls": 1, "mp4": 2}},
		"sound is added":        {pictures(h264), both(h264, aac), map[string]int{"hls": 2, "mp4": 2}},
		"never sound":           {pictures(h264), pictures(h264), map[string]int{"hls": 1, "mp4": 1}},
		"never pictures":        {sound(aac, 7*time.Second, 0), sound(aac, 7*time.Second, 0), map[string]int{"hls": 1, "mp4": 1}},
		"H.265":                 {both(h264, aac), both(mediatest.H265(1, 1000), aac), map[string]int{"hls": 2, "mp4": 2}},
		"H.265 all along":       {both(mediatest.H265(1, 1000), aac), both(mediatest.H265(1, 1000), aac), map[string]int{"hls": 1, "mp4": 1}},
		"H.264 after H.265":     {both(mediatest.H265(1, 1000), aac), both(h264, aac), map[string]int{"hls": 1, "mp4": 2}},
		"H.265, then no sound":  {both(mediatest.H265(1, 1000), aac), pictures(mediatest.H265(1, 1000)), map[string]int{"hls": 1, "mp4": 2}},
		"a second and a second": {show(time.Second, 0), show(time.Second, 0), map[string]int{"hls": 1, "mp4": 1}},
	} {
		for _, way := range interruptions[:2] {
			t.Run(name+", "+way.name, func(t *testing.T) {
				spliced(t, func(t *testing.T, f container.Format) {
					sh := interrupt(t, f)
					sh.push(sc.first)
					way.do(sh)
					time.Sleep(2 * time.Second)
					sh.push(sc.then)
					way.do(sh)
					time.Sleep(2 * time.Second)
					sh.push(sc.then)
					sh.drop()
					files := sh.after()
					sh.has(files, 0)
					if want := sc.files[f.Name()]; len(files) != want {
						t.Fatalf("%d files, want %d", len(files), want)
					}
					gaps := 0
					for _, f := range files {
						gaps += len(f.Gaps)
					}
					if want := 3 - len(files); gaps != want {
						t.Errorf("%d gaps, want %d: %+v", gaps, want, files)
					}
				})
			})
		}
	}
}

// TestSpliceInterval: a file does not grow beyond RecordInterval because its stream was interrupted.
func TestSpliceInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sh := interrupt(t, mp4.Format{})
		sh.spec.Interval = 20 * time.Second
		for range 5 {
			sh.push(showPart(0))
			sh.drop()
			time.Sleep(time.Second)
		}
		files := sh.after()
		sh.has(files, 0)
		if len(files) != 2 {
			t.Fatalf("%d files: %+v", len(files), files)
		}
		// It was cut at the first random access point at or after the interval.
		if d := files[0].Summary.Duration; d < 20*time.Second || d > 22*time.Second {
			t.Errorf("the first file lasts %v", d)
		}
	})
}

// TestSpliceKeepsSync: in an MP4, sound and picture after an interruption are as far apart as they came.
func TestSpliceKeepsSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sh := interrupt(t, mp4.Format{})
		video, audio := mediatest.H264(1, 90000), mediatest.AAC(2, mediatest.AACRate)
		part := func(at int64) []*media.Unit {
			return mediatest.Interleave(mediatest.Pictures(video, 100, at*90000+333, 3600), sound(audio, 4*time.Second, at*mediatest.AACRate+7))
		}
		sh.push(part(0))
		sh.stop()
		time.Sleep(2 * time.Second)
		sh.push(part(100))
		sh.drop()
		files := sh.after()
		if len(files) != 1 {
			t.Fatalf("%d files", len(files))
		}
		got := read(t, sh.format, filepath.Join(sh.dir, files[0].ObjectKey))
		moved := map[time.Duration]bool{}
		for _, kind := range []media.Kind{media.Video, media.Audio} {
			want := ofKind(sh.sent, kind)
			for i, u := range ofKind(got, kind) {
				note(moved, want[i].Time()-u.Time(), time.Second/90000)
			}
		}
		if len(moved) != 2 {
			t.Errorf("times are moved by %v", moved)
		}
	})
}

// TestSpliceRefused: a disk that does not take the splice costs no file.
func TestSpliceRefused(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		var broken atomic.Bool
		sh := interruptWith(t, f, func(o op) error {
			if broken.Load() && o.kind == "write" && strings.HasSuffix(o.name, journalExt) {
				return errTest
			}
			return nil
		})
		sh.push(showPart(0))
		sh.drop()
		broken.Store(true)
		sh.push(showPart(0)[:20])
		broken.Store(false)
		sh.more(show(25*time.Second, 2000))
		sh.drop()
		files := sh.after()
		if len(files) != 2 || files[0].Reason != CutStreamEnd || len(files[0].Gaps) != 0 {
			t.Errorf("files: %+v", files)
		}
	})
}

// TestClockSetBack: a gap is never negative, whatever became of the clock.
func TestClockSetBack(t *testing.T) {
	for _, way := range interruptions {
		t.Run(way.name, func(t *testing.T) {
			spliced(t, func(t *testing.T, f container.Format) {
				sh := interrupt(t, f)
				sh.push(showPart(0))
				way.do(sh)
				time.Sleep(2 * time.Second)
				sh.stepped = -time.Hour
				sh.push(showPart(0))
				sh.drop()
				files := sh.after()
				sh.has(files, way.lost)
				if len(files) != 1 || len(files[0].Gaps) != 1 || files[0].Gaps[0].Length != 0 || files[0].End.Before(files[0].Start) {
					t.Errorf("%+v", files)
				}
			})
		})
	}
}
