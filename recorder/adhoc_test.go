package recorder

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

func TestAdhocFull(t *testing.T) {
	dir := os.Getenv("SMALL") + "/st"
	for _, f := range []string{"flv", "mp4"} {
		var c catalogue
		m := newManager(dir, &c)
		m.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
		open(t, m)
		var h stream.Hub
		s := publish(t, m, &h, spec(f))
		s.Expect(stream.Expected{Known: true, Video: true})
		pic := mediatest.Grow(mediatest.Intra(mediatest.H264(1, 1000), 1, 0, 40)[0], 20000)
		at, pushed := int64(0), 0
		from := time.Now()
		freed := false
		for time.Since(from) < 22*time.Second {
			u := *pic
			u.DTS, u.PTS, u.Wall = at, at, time.Now()
			write(t, s, []*media.Unit{&u}, 1)
			at += 40
			pushed++
			if time.Since(from) > 6*time.Second && !freed {
				freed = true
				os.Remove(os.Getenv("SMALL") + "/ballast")
			}
			time.Sleep(40 * time.Millisecond)
		}
		s.End(stream.EndClient, "")
		closeManager(t, m)
		n := 0
		for _, x := range c.list() {
			got := read(t, formats()[f], filepath.Join(dir, x.ObjectKey))
			n += len(got)
			for _, g := range x.Gaps {
				n += g.Units
			}
			t.Log(x.ObjectKey, x.Size, x.Reason, x.Gaps, len(got))
		}
		t.Log(f, pushed, n, tree(t, dir))
		os.RemoveAll(dir)
		b := make([]byte, 18<<20)
		os.WriteFile(os.Getenv("SMALL")+"/ballast", b, 0o644)
	}
}
