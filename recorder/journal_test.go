package recorder

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// sampleJournal returns a journal with each kind of record, and the ends of its records.
func sampleJournal(t testing.TB) ([]byte, []int) {
	t.Helper()
	head := journalHead{
		Version: journalVersion, FileID: 77, Spec: spec("flv"), Format: "flv",
		Base: 5 * time.Second, Start: mediatest.Wall,
	}
	head.Tracks = newJournalTracks([]*media.Track{mediatest.H264(1, 90000), mediatest.AAC(2, 48000)})
	b := []byte(journalMagic)
	var ends []int
	add := func(next []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		b = next
		ends = append(ends, len(b))
	}
	grp := func(length, synced int64, index string) {
		g := group{
			length: length, synced: synced, sum: 0xfeedbeef, wall: mediatest.Wall.Add(time.Second), at: -time.Second,
			last: []trackTime{{1, -5}, {2, 1 << 40}},
		}
		add(g.append(b, func(dst []byte) []byte { return append(dst, index...) }), nil)
	}
	add(appendJSON(b, recHead, &head))
	grp(100, 0, "one")
	add(appendJSON(b, recGap, Gap{At: time.Second, Units: 3, Bytes: 9, Reason: "r"}))
	grp(200, 100, "two")
	grp(300, 200, "")
	add(appendRecord(b, recIndex, func(dst []byte) []byte { return append(dst, "three"...) }), nil)
	grp(400, 200, "")
	add(appendJSON(b, recEnd, journalEnd{Reason: CutInterval}))
	add(appendJSON(b, recKey, journalKey{ObjectKey: "a/b.flv", Name: "b"}))
	return b, ends
}

func TestJournal(t *testing.T) {
	b, ends := sampleJournal(t)
	j, err := readJournal(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if j.head.FileID != 77 || j.head.Spec != spec("flv") || j.head.Base != 5*time.Second || !j.head.Start.Equal(mediatest.Wall) {
		t.Errorf("head %+v", j.head)
	}
	for i, want := range []*media.Track{mediatest.H264(1, 90000), mediatest.AAC(2, 48000)} {
		if got := j.tracks[i]; got.ID != want.ID || got.Timescale != want.Timescale || !media.SameParameters(got.Codec, want.Codec) {
			t.Errorf("track %+v, want %+v", got, want)
		}
	}
	if j.length() != 400 || j.synced != 400 || len(j.marks) != 1 || j.size != int64(len(b)) {
		t.Errorf("length %d, synced %d, marks %v, size %d", j.length(), j.synced, j.marks, j.size)
	}
	if j.at != -time.Second || !j.wall.Equal(mediatest.Wall.Add(time.Second)) {
		t.Errorf("last unit at %v, %v", j.at, j.wall)
	}
	if !reflect.DeepEqual(j.gaps, []Gap{{At: time.Second, Units: 3, Bytes: 9, Reason: "r"}}) {
		t.Errorf("gaps %+v", j.gaps)
	}
	if *j.ended != (journalEnd{CutInterval}) || *j.key != (journalKey{ObjectKey: "a/b.flv", Name: "b"}) {
		t.Errorf("end %+v, key %+v", j.ended, j.key)
	}
	// Without the name, what lies behind the last sync is to be verified.
	j, err = readJournal(bytes.NewReader(b), int64(ends[6]))
	if err != nil || j.synced != 200 || j.key != nil || j.ended != nil {
		t.Errorf("synced %d, %v", j.synced, err)
	}
	want := []mark{
		{200, 0xfeedbeef, int64(ends[3]), j.tracks, 1}, {300, 0xfeedbeef, int64(ends[4]), j.tracks, 1}, {400, 0xfeedbeef, int64(ends[6]), j.tracks, 1},
	}
	if !reflect.DeepEqual(j.marks, want) {
		t.Errorf("marks %v, want %v", j.marks, want)
	}
	for range 2 {
		var parts []string
		for part, err := range index(bytes.NewReader(b), int64(len(b))) {
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, string(part))
		}
		if !slices.Equal(parts, []string{"one", "two", "three"}) {
			t.Errorf("index %q", parts)
		}
	}
}

// TestJournalDamage cuts and damages a journal at each byte: what lies before the damage is read, nothing behind it.
func TestJournalDamage(t *testing.T) {
	b, ends := sampleJournal(t)
	for i := range b {
		want := int64(0)
		for _, end := range ends {
			if end <= i {
				want = int64(end)
			}
		}
		damaged := bytes.Clone(b)
		damaged[i] ^= 0x40
		for what, in := range map[string][]byte{"cut": b[:i], "damaged": damaged} {
			j, err := readJournal(bytes.NewReader(in), int64(len(in)))
			if want == 0 {
				if !errors.Is(err, errBadJournal) {
					t.Fatalf("%s at %d: %v", what, i, err)
				}
				continue
			}
			if err != nil || j.size != want {
				t.Fatalf("%s at %d: %v, valid %d, want %d", what, i, err, j.size, want)
			}
		}
	}
}

// TestJournalNonsense: records that are whole but make no sense end a journal.
func TestJournalNonsense(t *testing.T) {
	b, ends := sampleJournal(t)
	b = b[:ends[3]]
	back := group{length: 150}
	early := group{length: 500, synced: 501}
	for name, rec := range map[string][]byte{
		"shrinking":     back.append(nil, nil),
		"synced beyond": early.append(nil, nil),
		"short group":   appendRecord(nil, recGroup, func(b []byte) []byte { return append(b, 1, 2) }),
		"many tracks": appendRecord(nil, recGroup, func(b []byte) []byte {
			b = binary.LittleEndian.AppendUint32(append(b, 0xff, 0x7f, 0), 0)
			return binary.AppendUvarint(append(b, 0, 0), 1<<60)
		}),
		"unknown kind": appendRecord(nil, 99, func(b []byte) []byte { return b }),
		"no JSON":      appendRecord(nil, recGap, func(b []byte) []byte { return append(b, '{') }),
		"size 0":       make([]byte, 8),
		"huge":         binary.LittleEndian.AppendUint32(nil, 1<<31),
	} {
		in := append(bytes.Clone(b), rec...)
		j, err := readJournal(bytes.NewReader(in), int64(len(in)))
		if err != nil || j.size != int64(len(b)) || j.length() != 200 {
			t.Errorf("%s: %v, valid %d of %d", name, err, j.size, len(b))
		}
	}
}

// FuzzJournal checks that no journal harms its reader and that what is read is consistent.
func FuzzJournal(f *testing.F) {
	b, ends := sampleJournal(f)
	f.Add(b)
	for _, end := range ends {
		f.Add(b[:end])
		f.Add(b[end:])
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		// The checksums would keep everything interesting out.
		for _, in := range [][]byte{in, appendRecord(bytes.Clone(b[:ends[0]]), recGroup, func(dst []byte) []byte { return append(dst, in...) })} {
			j, err := readJournal(bytes.NewReader(in), int64(len(in)))
			if err != nil {
				continue
			}
			last := j.marks[len(j.marks)-1]
			if j.size > int64(len(in)) || last.end > j.size || j.synced > max(last.length, 0) || len(j.tracks) == 0 {
				t.Fatalf("%+v", j)
			}
			for _, err := range index(bytes.NewReader(in), last.end) {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
