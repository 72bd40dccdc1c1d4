package mp4_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/mp4"
)

func box(kind string, fields ...uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+4*len(fields)))
	b = append(b, kind...)
	for _, f := range fields {
		b = binary.BigEndian.AppendUint32(b, f)
	}
	return b
}

func in(kind string, content ...[]byte) []byte {
	all := bytes.Join(content, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(all))), kind...), all...)
}

// TestFragmentsAreBounded: fragments that say more, in a few bytes each, than the file can have are not followed to its end.
func TestFragmentsAreBounded(t *testing.T) {
	track := mediatest.Track("h264", 1, 90000)
	w, err := mp4.Format{}.NewWriter([]*media.Track{track})
	if err != nil {
		t.Fatal(err)
	}
	head := w.Header(nil, 0)
	const many = 500_000
	for name, moof := range map[string][]byte{
		// Without bytes, and the same bytes again: tfhd with the size of samples, trun with how many there are and where.
		"empty": in("moof", in("traf", box("tfhd", 0x020010, 1, 0), box("trun", 0, many))),
		"same":  in("moof", in("traf", box("tfhd", 0x000011, 1, 0, 0, 30_000), box("trun", 0, 1))),
	} {
		data := bytes.Clone(head)
		for len(data) < 100_000 {
			data = append(data, moof...)
		}
		movie, err := mp4.ReadMovie(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		units := 0
		next, err := movie.Fragments(bytes.NewReader(data), movie.Behind, int64(len(data)), func(_ int64, some []mp4.Located) error {
			units += len(some)
			return nil
		})
		if err != nil || next > movie.Behind+int64(5*len(moof)) || name == "same" && units != 3 {
			t.Errorf("%s: %d units, up to %d of %d bytes from %d on, %v", name, units, next, len(data), movie.Behind, err)
		}
	}
}
