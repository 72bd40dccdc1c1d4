package recorder

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// wreck is a recording as a killed server leaves it: the beginning of the file, and what was written since its last sync. What
// lies between is durable, and of no interest to a recovery.
type wreck struct {
	head, tail []byte
	at         int64 // of the tail
	journal    []byte
	start      journalHead
}

// newWreck records so much of 4 Mbit/s, and sound, into a format, as output does, and stops in the middle.
func newWreck(t testing.TB, format string, length time.Duration) *wreck {
	t.Helper()
	const beginning = 64 << 10
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	picture := mediatest.Grow(mediatest.Pictures(video, 1, 0, 40)[0], 19200)
	frame := mediatest.Grow(mediatest.Sound(audio, 1, 0)[0], 340)
	tracks := []*media.Track{video, audio}
	if format == "aac" {
		tracks = tracks[1:]
	}
	w, err := formatOf(format).NewWriter(tracks)
	if err != nil {
		t.Fatal(err)
	}
	out := &wreck{start: journalHead{
		Version: journalVersion, Spec: spec(format), Format: format, Tracks: newJournalTracks(tracks), Start: mediatest.Wall,
	}}
	buf := w.Header(nil, 0)
	g := group{}
	add := func(u *media.Unit, dts int64) {
		next := media.Unit{
			Track: u.Track, DTS: dts, PTS: dts, RandomAccess: u.Track == audio || dts%2000 == 0, Payload: u.Payload,
			Wall: mediatest.Wall.Add(time.Duration(dts) * time.Millisecond),
		}
		if buf, err = w.Append(buf, &next); err != nil {
			t.Fatal(err)
		}
		g.wall, g.at = next.Wall, next.Time()
	}
	var lengths []int64 // at each second
	written := 0
	for second := range int(length / time.Second) {
		for i := range 25 {
			if at := int64(second*1000 + i*40); format != "aac" {
				add(picture, at)
			}
		}
		for i := range 47 {
			add(frame, int64(second*1000+i*1000/47))
		}
		g.length += int64(len(buf))
		g.sum = crc32.Checksum(buf, castagnoli)
		lengths = append(lengths, g.length)
		if behind := int(DefaultSyncInterval / time.Second); second > behind && second%behind == 0 {
			g.synced = lengths[second-1]
		}
		written = len(out.journal)
		out.journal = g.append(out.journal, w.Index)
		if len(out.head) < beginning {
			out.head = append(out.head, buf[:min(len(buf), beginning-len(out.head))]...)
		}
		out.tail = append(out.tail, buf...)
		if keep := int(g.length - g.synced); keep < len(out.tail) && len(out.tail) > 64<<20 {
			out.tail = append([]byte(nil), out.tail[len(out.tail)-keep:]...)
		}
		buf = buf[:0]
	}
	out.tail = append([]byte(nil), out.tail[len(out.tail)-int(g.length-g.synced):]...)
	out.at = g.synced
	// The last second is in the file, but not in the journal.
	out.journal = out.journal[:written]
	return out
}

// restore puts it into a storage, under an ID.
func (x *wreck) restore(t testing.TB, dir string, id int64) {
	t.Helper()
	head := x.start
	head.FileID = id
	head.Spec.Key.Stream = fmt.Sprint("s", id)
	journal, err := appendJSON([]byte(journalMagic), recHead, &head)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, journalName(id)), append(journal, x.journal...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, mediaName(id, head.Format)))
	if err == nil {
		_, err = f.WriteAt(x.head, 0)
	}
	if err == nil {
		_, err = f.WriteAt(x.tail, x.at)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkRecover repairs and finishes 100 interrupted recordings of 4 Mbit/s, a quarter in each format. RECOVER_DIR names a storage
// that is only filled, for the server to be started on.
func BenchmarkRecover(b *testing.B) {
	const files = 100
	for _, length := range []time.Duration{30 * time.Minute, 2 * time.Hour} {
		b.Run(length.String(), func(b *testing.B) {
			var kinds []*wreck
			for _, format := range []string{"flv", "mp4", "hls", "aac"} {
				kinds = append(kinds, newWreck(b, format, length))
			}
			for b.Loop() {
				b.StopTimer()
				var c catalogue
				m := newManager(b.TempDir(), &c)
				given := os.Getenv("RECOVER_DIR")
				if given != "" {
					m.Dir = given
				} else {
					first := newManager(m.Dir, &c)
					open(b, first)
					closeManager(b, first)
				}
				for i := range files {
					kinds[i%len(kinds)].restore(b, m.Dir, int64(4000000000000+i))
				}
				if given != "" {
					b.Skip("the storage is filled")
				}
				b.StartTimer()
				open(b, m)
				n, err := m.Recover(b.Context())
				if n != files || err != nil {
					b.Fatalf("%d files, %v", n, err)
				}
				b.StopTimer()
				closeManager(b, m)
				for _, f := range c.list() {
					if f.Summary.Duration < length-time.Second {
						b.Fatalf("%s lasts %v", f.ObjectKey, f.Summary.Duration)
					}
				}
				b.StartTimer()
			}
		})
	}
}
