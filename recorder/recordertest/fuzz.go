package recordertest

import (
	"bytes"
	"errors"
	"iter"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// FuzzScan scans any bytes. What is found whole must be found again, and must finish.
func FuzzScan(t *testing.T, f container.Format, data []byte, from int64, tracks []*media.Track) {
	size := int64(len(data))
	var parts [][]byte
	emit := func(part []byte) error {
		parts = append(parts, bytes.Clone(part))
		return nil
	}
	valid, err := f.Scan(bytes.NewReader(data), size, from, tracks, emit)
	if err != nil {
		if !errors.Is(err, container.ErrCorrupt) {
			t.Fatal(err)
		}
		return
	}
	if valid < 0 || valid > size || valid < from {
		t.Fatalf("%d bytes of %d are whole, from %d on", valid, size, from)
	}
	found := len(parts)
	if again, err := f.Scan(bytes.NewReader(data[:valid]), valid, from, tracks, emit); again != valid || err != nil {
		t.Fatalf("%d bytes are whole, and of those %d: %v", valid, again, err)
	}
	if len(parts) != 2*found {
		t.Fatalf("%d parts, then %d", found, len(parts)-found)
	}
	if _, err := f.Finish(container.Unfinished{Tracks: tracks, Size: valid, Index: seq(parts[:found])}); err != nil {
		t.Fatal(err)
	}
}

// FuzzRead probes and reads any bytes. It must not yield more than the file holds.
func FuzzRead(t *testing.T, f container.Format, data []byte) {
	size := int64(len(data))
	if tracks, err := f.Probe(bytes.NewReader(data), size); err == nil && len(tracks) == 0 || err != nil && !errors.Is(err, container.ErrCorrupt) {
		t.Fatalf("Probe: %d tracks, %v", len(tracks), err)
	}
	fuzzUnits(t, f.Read(bytes.NewReader(data), size), data)
	for _, at := range []time.Duration{time.Millisecond, 100 * time.Millisecond, time.Hour} {
		fuzzUnits(t, container.ReadFrom(f, bytes.NewReader(data), size, at), data)
	}
}

func fuzzUnits(t *testing.T, units iter.Seq2[*media.Unit, error], data []byte) {
	total := 0
	for u, err := range units {
		if err != nil {
			if !errors.Is(err, container.ErrCorrupt) {
				t.Fatal(err)
			}
			break
		}
		if u.Track == nil || u.Track.Codec == nil || u.Track.Timescale == 0 || len(u.Payload) == 0 {
			t.Fatalf("%+v", u)
		}
		// Widening the lengths of NAL units makes payloads up to four times as large.
		if total += len(u.Payload); total > 4*len(data) {
			t.Fatalf("%d bytes of payload in a file of %d", total, len(data))
		}
	}
}
