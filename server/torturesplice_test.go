package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aircheck/vod"
)

const (
	// splicedApp is the app whose streams go on in their file, an HLS one, within splicedWindow.
	splicedApp    = "spliced"
	splicedWindow = 12 * time.Second
	// splicedPushes are the rounds of one stream, one after the other; it is pushed in every second row of so many.
	splicedPushes = 3
)

// spliced is a stream that is pushed again after a kill.
type spliced struct {
	pushes []*tortured
	// late: a push may have come too late to go on.
	late bool
}

// splicedSum is what became of them.
type splicedSum struct {
	streams, assets, late, gaps, undecodable int
	missing                                  time.Duration
}

// pushSpliced pushes a stream that began in an earlier round again, or a new one, in every second row of rounds.
func (x *torture) pushSpliced(n int) {
	if n/splicedPushes%2 != 0 {
		return
	}
	if n%splicedPushes == 0 {
		x.spliced = append(x.spliced, &spliced{})
	}
	s := x.spliced[len(x.spliced)-1]
	p := x.push(splicedApp, fmt.Sprintf("s%d", len(x.spliced)), x.clips[0], true)
	s.pushes = append(s.pushes, p)
}

// isWaiting tells whether a journal is that of a file which may go on.
func (x *torture) isWaiting(journal string) bool {
	text, err := os.ReadFile(journal)
	return err == nil && bytes.Contains(text, []byte(`"App":"`+splicedApp+`"`))
}

// checkSpliced waits until nothing can go on any more, and compares each stream with its file.
func (x *torture) checkSpliced() {
	x.eventually("the end of what waits", func() bool {
		journals, _ := filepath.Glob(filepath.Join(x.data(), "recordings", ".open", "*.journal"))
		return len(journals) == 0
	})
	for _, s := range x.spliced {
		x.lookSpliced(s)
	}
}

func (x *torture) lookSpliced(s *spliced) {
	const long = 2500 * time.Millisecond // what goes on is held in memory for up to 2 s
	sum, name, least, most := &x.splicedSum, s.pushes[0].stream, 0, time.Duration(0)
	var left time.Time
	for _, p := range s.pushes {
		if p.sent == 0 {
			continue
		}
		s.late = s.late || !left.IsZero() && p.began.Sub(left) > splicedWindow-time.Second
		most += p.sent
		if p.sent > long {
			least++
		}
		if p.sent > long || left.IsZero() {
			left = p.ended // of what was shorter, nothing may be in the file, which waits no longer for it
		}
	}
	sum.streams++
	rows := x.query("SELECT object_key, gaps FROM assets WHERE app = ? AND stream = ?", splicedApp, name)
	sum.assets += len(rows)
	switch {
	case s.late:
		sum.late++
		return
	case len(rows) > 1, least > 0 && len(rows) == 0:
		x.t.Errorf("%s: %d assets, of one recording that goes on; %v", name, len(rows),
			x.query("SELECT id, start_time, end_time, duration, tracks FROM assets WHERE app = ? AND stream = ?", splicedApp, name))
		for _, p := range s.pushes {
			x.t.Logf("%v were sent from %v to %v", p.sent, p.began, p.ended)
		}
		x.t.Log(x.logOf(splicedApp + "/" + name))
		return
	case len(rows) == 0:
		return
	}
	var gaps []vod.Gap
	if err := json.Unmarshal([]byte(rows[0][1]), &gaps); err != nil {
		x.t.Fatal(err)
	}
	away := 0
	for _, g := range gaps {
		if g.Reason == "the publisher was away" && g.Length > 0 {
			away++
		}
	}
	sum.gaps += away
	if away < least-1 || away >= len(s.pushes) {
		x.t.Errorf("%s: %d interruptions of %d pushes, %d of them long: %+v", name, away, len(s.pushes), least, gaps)
	}
	// Before an interruption the last pictures to be decoded are missing, which need not be the last to be shown: what follows may be
	// shown up to that much earlier. So the pictures are numbered for ffmpeg, which would complain of their times.
	got := x.probe(filepath.Join(x.data(), "recordings", rows[0][0]), "-vf", "setpts=N/FRAME_RATE/TB")
	if got.err != nil {
		sum.undecodable++
		x.t.Errorf("%s: %s: %v", name, rows[0][0], got.err)
		return
	}
	if got.holes > 2*away {
		x.t.Errorf("%s: %s: %d holes, or units that are twice there, at %d interruptions", name, rows[0][0], got.holes, away)
	}
	if got.length > most+time.Second {
		x.t.Errorf("%s: %s: %v, of which %v were sent", name, rows[0][0], got.length, most)
	}
	sum.missing = max(sum.missing, most-got.length)
}

// logOf is what the servers have logged of a stream.
func (x *torture) logOf(stream string) string {
	text, err := os.ReadFile(filepath.Join(x.dir, "log"))
	if err != nil {
		x.t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, stream+`"`) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// splicedSummary is a line for people.
func (x *torture) splicedSummary() string {
	s := x.splicedSum
	return fmt.Sprintf("%d HLS recordings of up to %d pushes: %d assets with %d interruptions, %d undecodable, at most %.2f s lost of one; "+
		"%d came back too late\n", s.streams, splicedPushes, s.assets, s.gaps, s.undecodable, s.missing.Seconds(), s.late)
}
