package recorder

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
)

// window is the FlowContinueDuration of these tests.
const window = 10 * time.Second

// interrupted is a show that is interrupted: a server, its publishers, and what they sent.
type interrupted struct {
	*testing.T
	dir    string
	c      *catalogue
	m      *Manager
	h      stream.Hub
	spec   Spec
	format container.Format
	live   *stream.Stream
	sent   []*media.Unit
	starts int64
	// stepped is how far the clock that units are received by has been set since the start.
	stepped time.Duration
	// before is the manager's.
	before func(op) error
}

func interrupt(t *testing.T, f container.Format) *interrupted {
	return interruptWith(t, f, nil)
}

// interruptWith is interrupt where before is told of all changes.
func interruptWith(t *testing.T, f container.Format, before func(op) error) *interrupted {
	sh := &interrupted{T: t, dir: scratch(t), c: &catalogue{}, format: f, spec: spec(f.Name()), before: before}
	sh.spec.FlowContinueDuration = window
	sh.start()
	return sh
}

func (sh *interrupted) start() {
	sh.m = newManager(sh.dir, sh.c)
	sh.starts++
	sh.m.LastID = sh.starts << 40 // in virtual time, IDs do not grow with time
	sh.m.before = sh.before
	open(sh, sh.m)
	if _, err := sh.m.Recover(sh.Context()); err != nil {
		sh.Fatal(err)
	}
}

// push begins a session and sends units as they play.
func (sh *interrupted) push(units []*media.Unit) {
	sh.Helper()
	specs := []Spec{sh.spec}
	sh.m.Supersede(sh.spec.Key, sh.spec.Cause.Kind, specs)
	sh.live = publish(sh, sh.m, &sh.h, specs...)
	sh.more(units)
}

func (sh *interrupted) more(units []*media.Unit) {
	sh.Helper()
	begin, zero := time.Now(), mediatest.Base(units)
	units = slices.Clone(units)
	for i, u := range units {
		c := *u
		c.Wall = begin.Add(u.Time() - zero + sh.stepped)
		units[i] = &c
	}
	for batch := range slices.Chunk(units, 10) {
		write(sh, sh.live, batch, len(batch))
		time.Sleep(time.Until(batch[len(batch)-1].Wall.Add(20*time.Millisecond - sh.stepped)))
		synctest.Wait()
	}
	sh.sent = append(sh.sent, units...)
}

// drop ends the session.
func (sh *interrupted) drop() {
	sh.live.End(stream.EndClient, "")
	synctest.Wait()
}

// stop stops the server properly and starts it again.
func (sh *interrupted) stop() {
	sh.live.End(stream.EndShutdown, "")
	closeManager(sh, sh.m)
	sh.start()
}

// kill leaves the storage as it is to another server, which does not see what the first one does to it from now on.
func (sh *interrupted) kill() {
	old, c := sh.m, &catalogue{files: sh.c.list()}
	dir := scratch(sh)
	copyStorage(sh, sh.dir, dir)
	sh.live.End(stream.EndShutdown, "")
	closeManager(sh, old)
	sh.dir, sh.c = dir, c
	sh.start()
}

// after waits until the window is over and returns the files.
func (sh *interrupted) after() []File {
	sh.Helper()
	for range 6 {
		time.Sleep(window / 2)
		synctest.Wait()
	}
	if left := sh.m.Active(); len(left) > 0 {
		sh.Errorf("still active: %+v", left)
	}
	closeManager(sh, sh.m)
	return sh.c.list()
}

// part is a show of 7 s, at a time line of its own.
func showPart(start int64) []*media.Unit { return show(7*time.Second, start) }

// has checks that the files have the units sent, in order; so many may be missing of each kind.
func (sh *interrupted) has(files []File, missing int) {
	sh.Helper()
	var got []*media.Unit
	for _, f := range files {
		got = append(got, read(sh, sh.format, filepath.Join(sh.dir, f.ObjectKey))...)
		if f.PlaylistKey != "" {
			checkPlaylist(sh.T, state{dir: sh.dir}, f)
		}
	}
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		have, lacks := ofKind(got, kind), 0
		for _, w := range ofKind(sh.sent, kind) {
			if len(have) > 0 && bytes.Equal(have[0].Payload, w.Payload) {
				have = have[1:]
			} else {
				lacks++
			}
		}
		if len(have) > 0 || lacks > missing {
			sh.Errorf("of %v %d units are missing, and %d are not of the source", kind, lacks, len(have))
		}
	}
}

// splicing are the formats that can be gone on with.
func splicing() map[string]container.Format {
	return map[string]container.Format{"hls": hls.Format{}, "mp4": mp4.Format{}}
}

func spliced(t *testing.T, run func(t *testing.T, f container.Format)) {
	for name, f := range splicing() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { run(t, f) })
		})
	}
}

// checkGap checks the one gap of a file.
func checkGap(t *testing.T, f File, at, length, slack time.Duration) {
	t.Helper()
	if len(f.Gaps) != 1 {
		t.Fatalf("gaps %+v, want one", f.Gaps)
	}
	g := f.Gaps[0]
	if (g.At-at).Abs() > slack || (g.Length-length).Abs() > slack || g.Reason != whyAway || g.Units != 0 {
		t.Errorf("gap %+v, want at %v for %v", g, at, length)
	}
}

// interruptions are the ways in which a stream comes to an end that is none; lost is how many units of a kind each may cost.
var interruptions = []struct {
	name string
	lost int
	do   func(sh *interrupted)
}{
	{"the publisher drops", 0, (*interrupted).drop},
	{"the server is stopped", 0, (*interrupted).stop},
	{"the server is killed", 30, (*interrupted).kill},
	{"the server is killed while it waits", 0, func(sh *interrupted) { sh.drop(); sh.kill() }},
	{"the server is killed twice", 30, func(sh *interrupted) { sh.kill(); sh.kill() }},
	{"it is stopped while it waits", 0, func(sh *interrupted) { sh.drop(); sh.stop() }},
	{"it is stopped and killed", 0, func(sh *interrupted) { sh.stop(); sh.kill(); sh.stop() }},
}

// TestSplice interrupts a stream in every way, several times: it is one file.
func TestSplice(t *testing.T) {
	for _, way := range interruptions {
		t.Run(way.name, func(t *testing.T) {
			spliced(t, func(t *testing.T, f container.Format) {
				sh := interrupt(t, f)
				sh.push(showPart(500))
				way.do(sh)
				time.Sleep(3 * time.Second)
				sh.push(showPart(0))
				sh.drop()
				files := sh.after()
				if len(files) != 1 {
					t.Fatalf("%d files: %+v", len(files), files)
				}
				sh.has(files, way.lost)
				slack := 50*time.Millisecond + time.Duration(way.lost)*25*time.Millisecond
				checkGap(t, files[0], 7*time.Second, 3*time.Second, slack)
				if sh.c.calls != 1 {
					t.Errorf("OnFile was called %d times", sh.c.calls)
				}
				const behind = 120 * time.Millisecond // pictures are shown so long after they are decoded
				want := 14*time.Second + behind
				if f.Name() == "mp4" {
					want += 3 * time.Second
				}
				if d := files[0].Summary.Duration; (d - want).Abs() > 2*slack {
					t.Errorf("it lasts %v, want %v", d, want)
				}
				if end := files[0].End.Sub(files[0].Start); (end - 17*time.Second - behind).Abs() > slack {
					t.Errorf("it ends %v after its start", end)
				}
			})
		})
	}
}

// TestSpliceIsTheSame: whether the server went on running, was stopped or killed in between makes no difference to the file, to the byte.
func TestSpliceIsTheSame(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		var want []byte
		var playlist string
		for _, way := range interruptions {
			if way.lost > 0 {
				continue
			}
			sh := interrupt(t, f)
			// As a publisher's file ends whole, the file says nothing of how its units came.
			for i := range 4 {
				sh.push(showPart(int64(i) * 1000))
				if i == 3 {
					sh.drop()
				} else {
					way.do(sh)
				}
				time.Sleep(time.Second)
			}
			files := sh.after()
			if len(files) != 1 {
				t.Fatalf("%s: %d files", way.name, len(files))
			}
			sh.has(files, 0)
			data, err := os.ReadFile(filepath.Join(sh.dir, files[0].ObjectKey))
			if err != nil {
				t.Fatal(err)
			}
			text := ""
			if files[0].PlaylistKey != "" {
				b, err := os.ReadFile(filepath.Join(sh.dir, files[0].PlaylistKey))
				if err != nil {
					t.Fatal(err)
				}
				text = undate(string(b))
			}
			if want == nil {
				want, playlist = data, text
				continue
			}
			if !bytes.Equal(data, want) {
				t.Errorf("%s: another file, %d bytes and not %d", way.name, len(data), len(want))
			}
			if text != playlist {
				t.Errorf("%s: another playlist:\n%s\n%s", way.name, text, playlist)
			}
		}
	})
}

// undate removes the dates of a playlist.
func undate(text string) (out string) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#EXT-X-PROGRAM-DATE-TIME:") {
			out += line
		}
	}
	return out
}

// TestWindowOver: who comes back too late begins another file, and the first is told once, after the window.
func TestWindowOver(t *testing.T) {
	for _, way := range interruptions {
		t.Run(way.name, func(t *testing.T) {
			spliced(t, func(t *testing.T, f container.Format) {
				sh := interrupt(t, f)
				sh.push(showPart(0))
				way.do(sh)
				if n := len(sh.c.list()); n != 0 {
					t.Fatalf("%d files before the window is over", n)
				}
				if st := sh.m.Active(); len(st) != 1 || !st[0].Suspended || !st[0].Until.After(time.Now()) || st[0].FileID == 0 {
					t.Errorf("active: %+v", st)
				}
				time.Sleep(window + time.Second)
				synctest.Wait()
				if n := len(sh.c.list()); n != 1 {
					t.Fatalf("%d files after the window", n)
				}
				sh.push(showPart(0))
				sh.drop()
				files := sh.after()
				if len(files) != 2 || len(files[0].Gaps)+len(files[1].Gaps) > 0 || sh.c.calls != 2 {
					t.Errorf("%d calls, files: %+v", sh.c.calls, files)
				}
				sh.has(files, way.lost)
			})
		})
	}
}

// TestWindowOverMeanwhile: a server that was away for too long finishes the file as it starts.
func TestWindowOverMeanwhile(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.push(showPart(0))
		sh.live.End(stream.EndShutdown, "")
		closeManager(t, sh.m)
		time.Sleep(window + time.Second)
		sh.start()
		if st := sh.m.Active(); len(st) != 0 || len(sh.c.list()) != 1 {
			t.Errorf("active: %+v, files: %+v", st, sh.c.list())
		}
		closeManager(t, sh.m)
		sh.has(sh.c.list(), 0)
	})
}

// TestSpliceOtherwise: a session that is to be recorded otherwise ends the file at once.
func TestSpliceOtherwise(t *testing.T) {
	for name, change := range map[string]func(*Spec){
		"another template": func(s *Spec) { s.TemplateID++ },
		"another rule":     func(s *Spec) { s.Cause.ID = "other" },
		"another window":   func(s *Spec) { s.FlowContinueDuration = 2 * window },
		"another name":     func(s *Spec) { s.FileName = "x" },
		"no window":        func(s *Spec) { s.FlowContinueDuration = 0 },
		"another format":   func(s *Spec) { s.Format = "flv" },
	} {
		t.Run(name, func(t *testing.T) {
			spliced(t, func(t *testing.T, f container.Format) {
				sh := interrupt(t, f)
				sh.push(showPart(0))
				sh.drop()
				first := sh.spec
				change(&sh.spec)
				specs := []Spec{sh.spec}
				sh.m.Supersede(sh.spec.Key, sh.spec.Cause.Kind, specs)
				sh.live = publish(t, sh.m, &sh.h, specs...)
				synctest.Wait()
				if files := sh.c.list(); len(files) != 1 || files[0].Reason != CutStreamEnd || files[0].Spec.TemplateID != first.TemplateID {
					t.Fatalf("before the first unit: %+v", files)
				}
				sh.more(showPart(0))
				sh.drop()
				if files := sh.after(); len(files) != 2 && change != nil {
					t.Errorf("files: %+v", files)
				}
			})
		})
	}
}

// TestNotRecordedAnyMore: a stream that comes back and is not to be recorded ends the file at once; one of another name does not.
func TestNotRecordedAnyMore(t *testing.T) {
	spliced(t, func(t *testing.T, f container.Format) {
		sh := interrupt(t, f)
		sh.push(showPart(0))
		sh.drop()
		other := key
		other.Stream = "other"
		sh.m.Supersede(other, "rule", nil)
		sh.m.Supersede(key, "task", nil)
		synctest.Wait()
		if n := len(sh.c.list()); n != 0 {
			t.Fatalf("%d files", n)
		}
		sh.m.Supersede(key, "rule", nil)
		synctest.Wait()
		if n := len(sh.c.list()); n != 1 {
			t.Errorf("%d files", n)
		}
		closeManager(t, sh.m)
	})
}

// TestTakenOver: a publisher that replaces another one goes on in its file, although what that one sent last is not written yet; unless
// it is to be recorded otherwise.
func TestTakenOver(t *testing.T) {
	for _, same := range []bool{true, false} {
		spliced(t, func(t *testing.T, f container.Format) {
			sh := interrupt(t, f)
			sh.h.Takeover = stream.TakeoverAlways
			sh.h.Attach = func(s *stream.Stream) {
				spec := sh.spec
				spec.SessionID = s.ID
				sh.m.Supersede(spec.Key, spec.Cause.Kind, []Spec{spec})
				if err := sh.m.Record(spec, s); err != nil {
					t.Error(err)
				}
			}
			take := func() {
				s, err := sh.h.Publish(stream.Publisher{Key: key, Protocol: "rtmp"})
				if err != nil {
					t.Fatal(err)
				}
				sh.live = s
			}
			take()
			sh.more(showPart(0))
			if !same {
				sh.spec.TemplateID++
			}
			take()
			sh.more(showPart(0))
			sh.drop()
			files := sh.after()
			sh.has(files, 0)
			if want := map[bool]int{true: 1, false: 2}[same]; len(files) != want {
				t.Errorf("%d files, want %d", len(files), want)
			}
		})
	}
}
