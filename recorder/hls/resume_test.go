package hls_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/hls"
)

// FuzzResume takes any index for that of a file.
func FuzzResume(f *testing.F) {
	for _, v := range []*media.Track{mediatest.H264(1, 1000), mediatest.H265(1, 1000)} {
		r := seeds(f, v)
		f.Add(bytes.Join(r.parts, nil), r.data, v.Codec.Name() == "h265")
	}
	f.Fuzz(func(t *testing.T, part, data []byte, fragmented bool) {
		tracks := []*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000)}
		if fragmented {
			tracks[0] = mediatest.H265(1, 1000)
		}
		file := container.Unfinished{Tracks: tracks, Size: int64(len(data)), Start: time.Unix(0, 0), Index: func(yield func([]byte, error) bool) {
			yield(part, nil)
		}}
		w, _, err := hls.Format{}.Resume(file, bytes.NewReader(data))
		if err != nil {
			if !errors.Is(err, container.ErrCorrupt) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, container.ErrUnsupported) {
				t.Fatal(err)
			}
			return
		}
		out, _, err := w.Splice(nil, tracks, time.Second, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if out, err = w.Append(out, mediatest.Sound(tracks[1], 1, 2000)[0]); err != nil {
			t.Fatal(err)
		}
		if out = w.Flush(out); len(out) == 0 {
			t.Error("nothing was written")
		}
	})
}
